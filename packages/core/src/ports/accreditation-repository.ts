import type { Digest, Instant, TenantId } from '../nouns.js';

/** Where an accreditation came from: it is renewed there. */
export interface AccreditationOrigin {
  readonly digest: Digest;
  /** The credential issuer's address. */
  readonly issuer: string;
}

/** Work on accreditations that is done now and then, and how it went last. */
export interface AccreditationTask {
  /** What is done, and with what: `ask:<id>`, `adopt:<digest>`, `renew:<digest>`. */
  readonly task: string;
  /** How often it failed since it last succeeded. */
  readonly failures: number;
  /** Not before; while somebody does it, until when nobody else does. */
  readonly dueAt: Instant;
  /** Why it failed last; a code, '' where it did not. */
  readonly problem: string;
  /** Since when it has failed at each try; absent where the last one did not. */
  readonly failingSince?: Instant;
  /** The application that came of it; '' where there is none. */
  readonly application: string;
}

/** What an issuer remembers of its own accreditations beside the credentials themselves. */
export interface AccreditationRepository {
  keepOrigin(tenant: TenantId, origin: AccreditationOrigin): Promise<void>;
  listOrigins(tenant: TenantId): Promise<readonly AccreditationOrigin[]>;
  /** Takes a task that is due, over all replicas: nobody else is given it before `until`. Undefined where it is not due, or somebody has it. */
  takeTask(
    tenant: TenantId,
    turn: { readonly task: string; readonly at: Instant; readonly until: Instant },
  ): Promise<AccreditationTask | undefined>;
  /** Writes the task. With `turn`, what `until` was when it was taken: false, and nothing is written, where somebody else has it by now. */
  saveTask(tenant: TenantId, task: AccreditationTask, turn?: Instant): Promise<boolean>;
  listTasks(tenant: TenantId): Promise<readonly AccreditationTask[]>;
  /** Takes away what is done. With `turn`, what `until` was when it was taken: nothing is taken away where somebody else has it by now. */
  removeTask(tenant: TenantId, task: string, turn?: Instant): Promise<void>;
}
