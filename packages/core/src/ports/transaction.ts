/** An open transaction of the store, opaque to all but the repositories. Callers pass it on and never look inside. */
export interface TransactionHandle {
  readonly isTransaction: true;
}
