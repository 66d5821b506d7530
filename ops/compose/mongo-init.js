/** Makes the replica set, once, and waits until it takes writes. For mongosh. */
const members = ['mongo-1', 'mongo-2', 'mongo-3'].map((name, _id) => ({ _id, host: `${name}:27017` }));
const NOT_YET_INITIALISED = 94;

try {
  rs.status();
} catch (error) {
  if (error.code !== NOT_YET_INITIALISED) throw error;
  rs.initiate({ _id: 'rs0', members });
}
while (!rs.status().members.some(({ stateStr }) => stateStr === 'PRIMARY')) sleep(500);
