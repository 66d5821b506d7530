/**
 * The one list of error codes. HTTP, NATS and command line show the same codes; `docs/errors.md` is made from it. Codes are
 * stable: programs branch on them.
 */
import { CODEC_ERRORS } from '../../workers/codec/common/codes.ts';
import { POOL_ERRORS } from '../../workers/pool/codes.ts';

export interface ErrorCode {
  readonly code: string;
  /** Status where HTTP shows it; null where it never reaches HTTP. */
  readonly status: number | null;
  /** What it means, one sentence. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
}

export interface ErrorGroup {
  readonly title: string;
  readonly codes: readonly ErrorCode[];
}

const error = (code: string, status: number | null, text: string, remedy: string): ErrorCode => ({ code, status, text, remedy });

const AGAIN = 'Try again after the time that `Retry-After` gives.';
const READ_ON = 'The message names the setting or file; put it right and start again.';

const REQUEST: readonly ErrorCode[] = [
  error('invalid_json', 400, 'The body of an operator request is not JSON.', 'Send JSON.'),
  error(
    'unauthenticated',
    401,
    'No token and no session, or one that is unknown, revoked or over.',
    'Send `Authorization: Bearer mwt_…` with a valid token, or sign in.',
  ),
  error(
    'sign_in_refused',
    401,
    'Name and password, or the sign-in link, are not good; which of it is not told.',
    'Try again, or ask for a new link with `mw login-link`.',
  ),
  error('scope_missing', 403, 'The token or the role lacks the scope that the operation needs.', 'Use one with the scope that the problem names.'),
  error('https_required', 403, 'Sessions exist over HTTPS only.', 'Use the HTTPS address.'),
  error(
    'foreign_request',
    403,
    'A request by a session does not prove that it comes from our own page; the message names the header.',
    'Send `X-MW-Session` with the key of `GET /ops/v1/session`, JSON, from a page of the same origin; programs use a token.',
  ),
  error('no_session', 409, 'A token was to log out, but it has no session.', 'Revoke the token instead.'),
  error('no_such_asset', 404, 'No file of the pages has this name; the page that named it is of another build.', 'Load the page again.'),
  error('pages_unreadable', 503, 'The pages are not built, or their folder cannot be read.', 'Start with `npm start`, which builds them.'),
  error('method_not_allowed', 405, 'The path is there, the method is not.', 'Use a method that `Allow` names.'),
  error('body_timeout', 408, 'The body did not arrive in time.', 'Send it faster, or in smaller parts.'),
  error('body_too_large', 413, 'The body is larger than the route takes.', 'Send less at once, or raise the limit in the `http` settings.'),
  error('misdirected', 421, 'The `Host` header names another service.', 'Call one of the names in `http.hosts`.'),
  error('invalid_value', 422, 'A member breaks a rule.', 'The message names member and rule.'),
  error('cursor_invalid', 422, 'The cursor is not one that a page gave.', 'Begin with the first page.'),
  error('too_many_failures', 429, 'Too many failed authentications or sign-ins from one source.', AGAIN),
  error('internal', 500, 'A bug.', 'The log has it in full; report it.'),
  error(
    'answer_timeout',
    503,
    'No answer in time; what was asked may still be done.',
    'Look whether it was done, then try again under the same idempotency key.',
  ),
];

const OPERATOR: readonly ErrorCode[] = [
  error('no_such_actor', 404, 'There is no actor with that id.', 'Look the id up with `mw requests`.'),
  error('no_such_alert', 404, 'There is no alert with that id.', 'List them with `mw alerts`.'),
  error('no_such_message', 404, 'There is no quarantined message with that id.', 'List them with `mw quarantine`.'),
  error('no_such_credential', 404, 'There is no key or token with that id.', 'List them with `mw key list`.'),
  error('no_such_webhook', 404, 'The supplier has no webhook, or is none of ours.', 'Set one with `mw webhook set`.'),
  error('no_such_operator', 404, 'There is no operator of that name.', 'List them with `mw operator list`.'),
  error('operator_exists', 409, 'There is an operator of that name already.', 'Take another name, or change the one that is there.'),
  error('no_such_meter_keys', 404, 'There are no keys for that meter.', 'List them with `mw meter-keys list`.'),
  error(
    'counter_jump',
    409,
    'A meter asks for an invocation counter far ahead of ours, by a message that anybody could have sent.',
    'Import its keys again with `next_counter`.',
  ),
  error('counter_used_up', 409, 'A meter key has no invocation counter left.', 'Change the key in the meter, and import it.'),
  error('alert_not_raised', 409, 'The alert is not raised, so there is nothing to acknowledge.', 'Nothing.'),
  error('message_ended', 409, 'The quarantined message was driven again or discarded already.', 'Nothing.'),
  error('not_parked', 409, 'The actor is not parked.', 'Nothing.'),
  error('parked', 409, 'The actor is parked, so nothing of it can be hurried.', 'Read why with `mw why`, and `mw unpark` it.'),
  error('not_pending', 409, 'The process has ended, so it cannot be cancelled.', 'Nothing.'),
  error('not_submitting', 409, 'The market has accepted the request, so it cannot be sent again.', 'Wait for the answer, or cancel.'),
  error('backup_not_empty', 409, 'The folder of the backup is not empty.', 'Name an empty folder.'),
];

const ENGINE: readonly ErrorCode[] = [
  error('overloaded', 503, 'A queue is full, the engine is stopping, or a bound of the front door is reached; nothing was changed.', AGAIN),
  error('contended', 503, 'A key changed under every attempt to commit.', AGAIN),
  error('commit_failed', 503, 'The store did not take the commit; nothing of it was acknowledged.', `${AGAIN} See the log for the cause.`),
  error(
    'actor_unloadable',
    503,
    'A document cannot be brought to life: its kind is unknown or its snapshot is newer. The actor is parked.',
    'Install the version that wrote it, then `mw unpark`.',
  ),
  error('slot_taken', 409, 'What a step was to hold belongs to another actor; its message was set aside.', 'Read both with `mw why`.'),
  error('not_owner', 503, 'The shard is not served by the node that was asked; nothing was changed.', AGAIN),
  error('command_too_large', 413, 'A command has more bytes than a message to another node takes.', 'Send less at once.'),
  error(
    'reply_too_large',
    500,
    'An answer has more bytes than a message between nodes takes; what was asked was done.',
    'A bug; report it. Until then raise `max_payload` of the NATS servers.',
  ),
  error('message_newer', 503, 'A node met a message of a newer version and left it alone.', 'Finish the upgrade of all nodes; try again meanwhile.'),
  error(
    'message_invalid',
    500,
    'A message between nodes cannot be read, or is of a cluster with other shards.',
    'Look who else may publish to the subjects; the log names the rule.',
  ),
  error(
    'cluster_foreign',
    503,
    'A message between nodes is of another cluster on the same NATS prefix; it was not looked at.',
    'Give one of the clusters another `nats.prefix`.',
  ),
  error('node_away', 503, 'Another node cannot be asked.', AGAIN),
  error('cluster_away', 503, 'This node has not looked at the cluster yet.', AGAIN),
  error('no_such_node', 404, 'No node of that name is in the cluster.', 'Look at `mw cluster`.'),
  error(
    'session_gone',
    null,
    'A meter session is not held by the node that was asked any more.',
    'Nothing: the session ends before it writes, and its action goes on.',
  ),
  error('unknown_method', 500, 'Another node does not know what it was asked.', 'Finish the upgrade of all nodes.'),
  error('unknown_command', 500, 'A command has no handler.', 'A bug; report it.'),
  error('unknown_kind', 409, 'An actor of an unknown kind was to be made.', 'A bug; report it.'),
  error('agents_limit', null, 'There are more agents than the setting allows.', 'Raise `agent.maxAgents`.'),
];

const STORE: readonly ErrorCode[] = [
  error('store_in_use', null, 'Another process holds the data folder.', 'Stop it, or name another folder with `--data`.'),
  error('store_unwritable', null, 'The data folder cannot be written.', 'Put its permissions right, or name another folder.'),
  error('store_newer_format', null, 'The data folder was written by a newer version.', 'Install that version or a later one.'),
  error('store_unsupported', null, 'The store that is set does not do this, or lacks a setting.', 'The message says what does, or which one.'),
  error('store_unreachable', null, 'MongoDB cannot be reached, or does not let us in.', 'See that it runs, and that `store.mongodb.url` is right.'),
  error('store_index_differs', null, 'An index in the database is not the one that is needed.', 'Drop it; it is made again at the next start.'),
  error('store_copy_unfinished', null, 'The database holds a copy that has not come to its end.', 'Run `mw store copy` again: it goes on where it stopped.'),
  error('store_copy_foreign', null, 'The database that is to be copied to holds something else.', 'Name an empty one: `store.mongodb.database`.'),
  error('store_copy_differs', null, 'What was copied is not what is in the source.', 'Copy again into an empty database, with the engine stopped.'),
  error('store_corrupt', 503, 'Something in the store cannot be read.', 'Stop, and restore from a backup.'),
  error('store_closed', 503, 'The store is closing.', AGAIN),
  error('store_failed', 503, 'The store failed at reading or writing.', 'See the log for the cause.'),
  error('disk_reserve', 503, 'The disk has less free than the reserve; new work is refused, what is in hand finishes.', 'Free space; work resumes by itself.'),
  error('disk_full', 503, 'The disk is full.', 'Free space; work resumes by itself.'),
  error('document_invalid', 500, 'A document breaks a rule of the store.', 'A bug; report it.'),
  error('backup_failed', 503, 'The backup could not be written.', 'The message has the cause.'),
];

const CHANNELS: readonly ErrorCode[] = [
  error('bus_away', null, 'NATS is not connected; events wait and follow later.', 'Start it, or wait.'),
  error('bus_busy', null, 'More events are in flight than the bound.', 'Nothing; they follow.'),
  error('bus_timeout', null, 'The stream did not answer in time; the event is published again.', 'Nothing, unless it lasts.'),
  error('bus_refused', null, 'The stream refused an event.', 'The log has its reason: limits or permissions of the stream.'),
  error('nats_too_old', null, 'The NATS server is older than 2.9.', 'Update it.'),
  error('nats_without_jetstream', null, 'The NATS server has no JetStream, or our account may not use it.', 'Enable it.'),
  error('nats_small_payload', null, 'The NATS server takes smaller messages than we send.', 'Raise its `max_payload` to the size in the message.'),
  error('nats_rights', null, 'Our NATS user may not do what we must do.', 'Give it the right that the message names.'),
  error(
    'nats_not_clustered',
    null,
    'More than one copy of the event stream was asked of a single NATS server.',
    'Set `nats.stream.replicas` to 1, or give it a cluster.',
  ),
  error(
    'nats_no_peers',
    null,
    'The NATS cluster cannot hold the copies of the event stream now.',
    'Start the missing servers, or make room; it is tried again.',
  ),
  error('nats_no_leader', null, 'JetStream does not answer: it elects a leader, or starts.', 'Nothing, unless it lasts; it is tried again.'),
  error('nats_settings', null, 'Settings of the connection to NATS can never work.', READ_ON),
  error('nats_server_failed', null, 'The NATS server that we start did not start.', 'The message has its last words.'),
  error('dip_credentials', null, 'A key or certificate for the DIP cannot be used.', READ_ON),
  error('dip_plain_http', null, 'Plain HTTP to a DIP that is not on this machine.', 'Use https.'),
  error('dtn_name_taken', null, 'Another file of that name waits for the gateway.', 'Look into the folder of the gateway; the file is offered again.'),
];

const HOUSE: readonly ErrorCode[] = [
  error('config_invalid', null, 'The configuration has unknown or ill-typed keys.', READ_ON),
  error('data_unwritable', null, 'The data folder cannot be made or written.', 'Put its permissions right, or name another folder with `--data`.'),
  error(
    'secret_mismatch',
    null,
    'A secret of this node is missing, or is not the one that the store was first used with: keys, tokens or passwords in it would mean nothing here.',
    'Copy the file that the message names from a node that runs, or from the backup of the store; or let `data.secretsDir` name a folder that all nodes share.',
  ),
  error('tls_unusable', null, 'Key or certificate for HTTPS cannot be used.', READ_ON),
  error('demo_on_network', null, 'With simulators only a loopback address is allowed.', 'Listen on loopback, or give `--demo-on-network`.'),
  error(
    'listen_failed',
    null,
    'A port cannot be listened on, or its certificate cannot be used.',
    'Stop what holds the port, or name another with `--port` or `--http-port`.',
  ),
  error('child_failed', null, 'A process that we start did not become ready.', 'The message has its last words.'),
  error('seal_key_invalid', null, 'The key that secrets are sealed with is not of 32 octets.', READ_ON),
  error('seal_broken', null, 'A sealed secret cannot be opened.', 'Bring the key file back that it was sealed with, or give the secret again.'),
  error('engine_not_running', null, 'The command line found no running engine.', 'Start it, or give `--url`.'),
  error('call_failed', null, 'The engine refused what the command line asked.', 'The message has its answer.'),
  error('missing_flag', null, 'The command needs a flag that was not given.', 'See `--help`.'),
];

const CLUSTER: readonly ErrorCode[] = [
  error(
    'node_id_taken',
    null,
    'Another process is alive under the name of this node.',
    'Stop it, or give this node another name in `cluster.node`. A former process that died is waited for by itself.',
  ),
  error(
    'cluster_mismatch',
    null,
    'The NATS prefix belongs to a cluster on another store, or of a newer version.',
    'Give one of them another `nats.prefix`, or this node the store of the others.',
  ),
  error(
    'cluster_shards_mismatch',
    null,
    'The cluster on this NATS prefix was made with another number of shards.',
    'Start with that number (`engine.shards`) on an empty store, or give this cluster another `nats.prefix`.',
  ),
];

const own = (codes: Readonly<Record<string, { readonly text: string; readonly remedy: string }>>): readonly ErrorCode[] =>
  Object.entries(codes).map(([code, { text, remedy }]) => error(code, null, text, remedy));

export const ERROR_GROUPS: readonly ErrorGroup[] = [
  { title: 'Requests', codes: REQUEST },
  { title: 'What operators ask for', codes: OPERATOR },
  { title: 'Engine', codes: ENGINE },
  { title: 'Store', codes: STORE },
  { title: 'Channels', codes: CHANNELS },
  { title: 'Cluster', codes: CLUSTER },
  { title: 'Start and command line', codes: HOUSE },
  { title: 'Codecs', codes: own(CODEC_ERRORS) },
  { title: 'Codec pool', codes: own(POOL_ERRORS) },
];

/** One `type` of an entry in a supplier's 422 (`detail[]`). */
export interface DetailType {
  readonly type: string;
  readonly text: string;
}

const type = (name: string, text: string): DetailType => ({ type: name, text });

export const DETAIL_TYPES: readonly DetailType[] = [
  type('json_invalid', 'The body is not JSON.'),
  type('object_type', 'The body is JSON, but not an object.'),
  type('missing', 'A required member is absent.'),
  type('extra_forbidden', 'A member or parameter that is not known.'),
  type('multiple_values', 'A parameter was given more than once.'),
  type('string_type', 'Must be a string.'),
  type('string_too_long', 'Too many characters.'),
  type('int_type', 'Must be an integer (a JSON number, not a string).'),
  type('int_range', 'Must be a whole number within the range that the message names.'),
  type('bool_parsing', 'Must be true or false.'),
  type('uuid_parsing', 'Must be a UUID.'),
  type('enum', 'Must be one of the values that the message names.'),
  type('mpan_length', 'An MPAN has exactly 13 digits.'),
  type('mpan_check_digit', 'The last digit of the MPAN is not its check digit (only where that is enforced).'),
  type('mpid_format', 'An MPID has exactly 4 letters.'),
  type('dip_id_format', 'A DIP id has exactly 10 letters or digits.'),
  type('datetime_parsing', 'No date, or no ISO 8601 date and time.'),
  type('datetime_timezone', 'The time zone is missing.'),
  type('not_midnight', 'The time must be midnight in the zone that is given.'),
  type('too_far_ahead', 'The date must be less than 28 days ahead.'),
  type('contract_reference_format', 'Null, or 1 to 50 letters and digits.'),
  type('request_type_format', 'Lower-case letters, digits and hyphens.'),
  type('page_required', 'Too many rows for an answer without `page` and `page_size`.'),
  type('unknown_mpan', 'The meter point is not in the store.'),
  type('unknown_agent', 'The metering service is not in the agents store, or not on that day.'),
  type('agent_role_mismatch', 'The agent does not have the role that the market segment asks for.'),
  type('routing_facts_missing', 'The record of the meter point lacks the distributor or the GSP group.'),
];
