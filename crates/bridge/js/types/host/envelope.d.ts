/**
 * Returns the time and id for a new event. The id is a UUID of version 7 (RFC 9562 §5.7 and, for the
 * count, §6.2): 48 bits of time, 12 that count, and 60 random ones.
 */
export function stamp(): {
    timestamp: string;
    id: string;
};
export function eventText({ name, timestamp, id, seq, json }: import("./machine.js").WidgetEvent): string;
export type Envelope = {
    /**
     * the widget event's name, or `custom:<name>`
     */
    name: string;
    /**
     * the event's fields, and `context`
     */
    data: Record<string, unknown>;
    /**
     * ISO 8601, by the visitor's clock
     */
    timestamp: string;
    /**
     * a UUID of version 7, so that a receiver can drop duplicates
     */
    id: string;
    /**
     * the position among the events of this mount, from 0
     */
    seq: number;
};
