/**
 * @param {MessagePort} port of the frame
 * @param {AbortSignal} signal stops the guard
 * @param {() => void} blame removes the frame
 * @returns {(data: unknown) => unknown} takes the frame's message, and returns whether it is such an answer
 */
export function guardLeaving(port: MessagePort, signal: AbortSignal, blame: () => void): (data: unknown) => unknown;
