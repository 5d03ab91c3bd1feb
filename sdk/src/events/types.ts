import type { Generation } from "../wowflow/types.ts";

/** The data of one event of a stream. Later versions may add types. */
export interface StreamedEvent {
  /** Such as `generation.completed`, `generation.progress`, `generation.position` and `text.delta`. */
  type: string;
  /** The generation that it is about. */
  generation_id?: string;
  /** When it happened. RFC 3339. */
  at?: string;
  /** The stage that the generation is in now. */
  stage?: string;
  /** The progress that the provider reports, from 0 to 1. */
  progress?: number;
  /** How many generations are before this one. */
  queue_position?: number;
  /** The text that follows the last `text.delta`. */
  text?: string;
  /** How many characters of the text came before. */
  offset?: number;
  /** The generation, once it has ended. */
  generation?: Generation;
}
