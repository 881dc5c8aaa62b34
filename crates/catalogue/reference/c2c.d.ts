// The frame API and events of click-to-call 1.0.0. Made from the catalogue; do not edit.

interface Window {
  /** The widget that this code belongs to. */
  readonly c2c: Readonly<C2c.Api>;
}

interface WindowEventMap {
  /** The widget has accepted the connection. */
  'c2c:ready': Event;
}

/** The widget that this code belongs to. */
declare const c2c: Readonly<C2c.Api>;

declare namespace C2c {
  /** What the widget was opened with: texts by their names. */
  type Context = { readonly [name: string]: string | undefined };

  /** The page around the widget. Of its URLs' queries only campaign parameters are left. */
  interface Page {
    readonly url?: string;
    readonly title?: string;
    readonly referrer?: string;
  }

  /** The data of each event of the widget. */
  interface Events {
    /**
     * The widget has appeared.
     *
     * The widget has appeared on the page. Once per page view.
     *
     * Since 1.0.0.
     */
    readonly widget_loaded: {
      /**
       * Whether this is a preview in the console instead of a visitor's page.
       *
       * For example `false`.
       */
      readonly isPreview: boolean;
      /** What the widget was opened with. */
      readonly context: Context;
    };
    /**
     * A call has begun.
     *
     * The visitor asked for a call, and the request was accepted.
     *
     * Since 1.0.0.
     */
    readonly call_started: {
      /**
       * Who is called; null if the widget does not know.
       *
       * For example `"sales"`.
       */
      readonly destinationId: string | null;
      /**
       * How the call was routed; null if there was nothing to decide.
       *
       * For example `"de-premium"`.
       */
      readonly routingKey: string | null;
      /**
       * Whether the visitor filled in a form before the call.
       *
       * For example `true`.
       */
      readonly hasFormValues: boolean;
      /** What the widget was opened with. */
      readonly context: Context;
    };
    /**
     * A call has ended as it should.
     *
     * The call is over because one side hung up. Not after a failure: see call_error.
     *
     * Since 1.0.0.
     */
    readonly call_ended: {
      /**
       * Seconds since the visitor started the call.
       *
       * Number ≥ 0, for example `42.5`.
       */
      readonly duration: number;
      /**
       * Who hung up: the visitor (user) or the other side (remote).
       *
       * For example `"user_hangup"`.
       */
      readonly reason: "user_hangup" | "remote_hangup";
      /** What the widget was opened with. */
      readonly context: Context;
    };
    /**
     * A call has failed.
     *
     * The call could not start, or it was cut off. No call_ended follows.
     *
     * Since 1.0.0.
     */
    readonly call_error: {
      /**
       * What went wrong, as a code that stays the same.
       *
       * For example `"connection_lost"`.
       */
      readonly code: string;
      /**
       * The same as a sentence for people; null if there is none.
       *
       * For example `"The connection was lost."`.
       */
      readonly message: string | null;
      /**
       * Seconds since the visitor started the call; null if it never started.
       *
       * Number ≥ 0, for example `12.25`.
       */
      readonly duration: number | null;
      /** What the widget was opened with. */
      readonly context: Context;
    };
    /**
     * The visitor has rated the call.
     *
     * The visitor answered the survey after the call.
     *
     * Since 1.0.0.
     */
    readonly survey_submitted: {
      /**
       * The visitor's rating; 5 is the best.
       *
       * Integer 1–5, for example `5`.
       */
      readonly rating: number;
      /**
       * The visitor's own words; null if there are none.
       *
       * For example `"Very helpful!"`.
       */
      readonly comment: string | null;
      /** What the widget was opened with. */
      readonly context: Context;
    };
  }

  type EventName = keyof Events;

  /** What there is to know of an event besides its data. */
  interface Meta<Name extends EventName = EventName> {
    readonly name: Name;
    /** When it happened, by the visitor's clock: RFC 3339. */
    readonly timestamp: string;
    /** A UUID of version 7: the same event never has another one. */
    readonly id: string;
    /** The position among the events of this page, from 0. */
    readonly seq: number;
  }

  type Handler<Name extends EventName = EventName> = (event: Events[Name], meta: Meta<Name>) => void;

  interface Options {
    /** Deliver first, at once, the last 256 events that were there already. */
    readonly replay?: boolean;
  }

  type Json = null | boolean | number | string | readonly Json[] | JsonObject;
  type JsonObject = { readonly [key: string]: Json | undefined };

  /** The name, if a custom event may have it: not an event's of the widget, and not one that is kept for the product. */
  type CustomName<Name extends string> =
    Lowercase<Name> extends Lowercase<EventName> | `custom:${string}` | `c2c${string}` | '' ? never : Name;

  type Emitted = { readonly ok: true } | { readonly ok: false; readonly reason: string };

  interface Api {
    /** Calls the handler with each event of this name, and gives what ends that. */
    on<Name extends EventName>(name: Name, handler: Handler<Name>, options?: Options): () => void;
    /** Calls the handler with every event, and gives what ends that. */
    on(name: '*', handler: Handler, options?: Options): () => void;

    /** Calls the handler with the next event of this name, and gives what prevents that. */
    once<Name extends EventName>(name: Name, handler: Handler<Name>, options?: Options): () => void;
    /** Calls the handler with the next event, and gives what prevents that. */
    once(name: '*', handler: Handler, options?: Options): () => void;

    /** Calls the handler no more. */
    off<Name extends EventName>(name: Name, handler: Handler<Name>): void;
    /** Calls the handler no more. */
    off(name: '*', handler: Handler): void;

    /**
     * Reports an event of your own, which others see as `custom:<name>`. It never throws.
     *
     * Names have 1 to 64 letters, digits, `_`, `-` and `.`, and begin with a letter. At most 20 a second, and 16 KiB of data.
     */
    emit<Name extends string>(
      name: CustomName<Name>,
      data?: JsonObject & {
        /** The widget adds it. */
        readonly context?: never;
      },
    ): Emitted;

    /** What the widget was opened with; each event has it, too. */
    readonly context: Context;
    /** The page around the widget; it is empty if the widget does not tell it. */
    readonly page: Page;
    readonly appId: string;
    /** Resolves when the widget has accepted the connection. */
    readonly ready: Promise<void>;
  }
}
