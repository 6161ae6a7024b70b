/** A tool answers within a second; what takes longer goes on under a ticket. */
const PATIENCE_MS = 800;

/** What is known of work that was begun. */
export type Ticket<T> = { state: 'running'; ticket: string } | { state: 'done'; value: T };

/** Work that takes longer than a tool may, by ticket; it is asked for again until it is done. */
export class Tickets<T> {
  private readonly pending = new Map<string, Promise<T>>();
  private count = 0;

  constructor(private readonly patienceMs = PATIENCE_MS) {}

  /** The result of work where it ends soon, else a ticket for it. Throws what the work throws. */
  begin(work: Promise<T>): Promise<Ticket<T>> {
    const ticket = `work-${(this.count += 1)}`;
    // Whoever asks for the ticket is told of a failure; nobody else is.
    work.catch(() => undefined);
    this.pending.set(ticket, work);
    return this.look(ticket, work);
  }

  /** The same of work that was begun; undefined for a ticket that nobody gave or that was answered. */
  ask(ticket: string): Promise<Ticket<T>> | undefined {
    const work = this.pending.get(ticket);
    return work && this.look(ticket, work);
  }

  private async look(ticket: string, work: Promise<T>): Promise<Ticket<T>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), this.patienceMs)));
    try {
      const found = await Promise.race([work.then((value) => ({ value })), late]);
      if (found === null) return { state: 'running', ticket };
      this.pending.delete(ticket);
      return { state: 'done', value: found.value };
    } catch (error) {
      this.pending.delete(ticket);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
