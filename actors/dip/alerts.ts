/** Conditions of the channel that people should hear of, beside the circuit. Codes are those of the list of alerts. */

export type DipAlert = 'clock_skew' | 'dip_unauthorised' | 'dip_retries_exhausted' | 'dip_requeue_failed' | 'dip_status_unmatched' | 'market_signature_refused';

/** Raise (`raised`) or clear. Raising what is raised only counts. */
export type OnAlert = (code: DipAlert, raised: boolean, text: string) => void;

/**
 * Passes on changes only: what a stranger can cause over and over must not become work over and over. The first look counts as a
 * change, because the alert may be left over from before a restart.
 */
export class AlertSwitch {
  readonly #code: DipAlert;
  readonly #onAlert: OnAlert;
  #raised: boolean | undefined;

  constructor(code: DipAlert, onAlert: OnAlert) {
    this.#code = code;
    this.#onAlert = onAlert;
  }

  set(raised: boolean, text = ''): void {
    if (raised === this.#raised) return;
    this.#raised = raised;
    this.#onAlert(this.#code, raised, text);
  }
}
