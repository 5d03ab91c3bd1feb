import type { Schemas } from "../schema.ts";

/** Body of `POST /api/generate`. */
export type GenerateInput = Schemas["ImageRequest"];

/** Body of `POST /api/text/generate`. */
export type TextInput = Schemas["TextRequest"];

/** Body of `POST /api/voice/generate`. */
export type VoiceInput = Schemas["VoiceRequest"];

/** Body of `POST /api/music/generate`. */
export type MusicInput = Schemas["MusicRequest"];

/** Body of `POST /api/tools/upscale`. */
export type UpscaleInput = Schemas["UpscaleRequest"];

/** Body of `POST /api/tools/interrogate`. */
export type InterrogateInput = Schemas["InterrogateRequest"];

/** Body of `POST /api/prompt/enhance`. */
export type EnhanceInput = Schemas["EnhanceRequest"];

/** The fields of each kind of job. */
export interface Shapes {
  image: Schemas["ImageJob"];
  video: Schemas["VideoJob"];
  text: Schemas["TextJob"];
  voice: Schemas["VoiceJob"];
  music: Schemas["MusicJob"];
  upscale: Schemas["UpscaleJob"];
  interrogate: Schemas["InterrogateJob"];
  enhance: Schemas["EnhanceJob"];
}

/** The kind of a job. */
export type Kind = keyof Shapes;

/** A completed job. It always has the named fields. */
type Completed<K extends Kind, Field extends keyof Shapes[K]> =
  & Shapes[K]
  & { status: "completed"; completedAt: string }
  & Required<Pick<Shapes[K], Field>>;

/** An image. */
export type ImageResult = Completed<"image", "imageUrl" | "imageUrls" | "width" | "height">;

/** A video. The WokGen API only reads videos; `client.wowflow` creates them. */
export type VideoResult = Completed<"video", "videoUrl" | "durationMs">;

/** A text. */
export type TextResult = Completed<"text", "content" | "wordCount" | "charCount">;

/** Speech. */
export type VoiceResult = Completed<"voice", "audioUrl" | "format" | "durationMs" | "voiceId">;

/** Music. */
export type MusicResult = Completed<"music", "audioUrl" | "format" | "duration">;

/** An enlarged image. */
export type UpscaleResult = Completed<
  "upscale",
  "imageUrl" | "width" | "height" | "originalWidth" | "originalHeight" | "scale"
>;

/** A description of an image; `prompt` is a prompt for a similar image. */
export type InterrogateResult = Completed<"interrogate", "caption" | "tags">;

/** An improved prompt. */
export type EnhanceResult = Completed<"enhance", "enhanced" | "variations">;

/** The result of each kind. */
export interface Results {
  image: ImageResult;
  video: VideoResult;
  text: TextResult;
  voice: VoiceResult;
  music: MusicResult;
  upscale: UpscaleResult;
  interrogate: InterrogateResult;
  enhance: EnhanceResult;
}

/** A job that has not ended. */
export type ProcessingJob<K extends Kind = Kind> = Shapes[K] & { status: "processing" };

/** A failed job. It is refunded. */
export type FailedJob<K extends Kind = Kind> = Shapes[K] & { status: "failed"; error: string; code: string };

/** A completed job: the same as the result of its call. */
export type CompletedJob<K extends Kind = Kind> = Results[K];

/** Response of `GET /api/jobs/{jobId}`. Check `status` first, then `kind`. */
export type Job<K extends Kind = Kind> = ProcessingJob<K> | CompletedJob<K> | FailedJob<K>;
