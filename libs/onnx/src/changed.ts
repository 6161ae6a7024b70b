/**
 * A message of a model with other fields; what it does not change it shares with the one it is of. A spread loses the
 * fields that the file leaves out: their defaults are those of the message's prototype.
 */
export function changed<Message extends object>(message: Message, changes: Partial<Message>): Message {
  const copy = Object.create(Object.getPrototypeOf(message) as object) as Message;
  return Object.assign(copy, message, changes);
}
