/**
 * @param {MessagePort} port of the frame
 * @param {AbortSignal} signal when to stop
 * @param {() => void} blame takes the frame away
 * @returns {(data: unknown) => unknown} takes a message of the frame: whether it is such an answer
 */
export function guardLeaving(port: MessagePort, signal: AbortSignal, blame: () => void): (data: unknown) => unknown;
