import type { Schemas } from "../schema.ts";

/** What the jobs of each kind may tell. */
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

/** What can be made. */
export type Kind = keyof Shapes;

/** A job that has ended well always tells these fields. */
type Completed<K extends Kind, Told extends keyof Shapes[K]> =
  & Shapes[K]
  & { status: "completed"; completedAt: string }
  & Required<Pick<Shapes[K], Told>>;

/** A picture. */
export type ImageResult = Completed<"image", "imageUrl" | "imageUrls" | "width" | "height">;

/** A film. The WokGen API only reads these: they are ordered with `client.wowflow`. */
export type VideoResult = Completed<"video", "videoUrl" | "durationMs">;

/** A text. */
export type TextResult = Completed<"text", "content" | "wordCount" | "charCount">;

/** Speech. */
export type VoiceResult = Completed<"voice", "audioUrl" | "format" | "durationMs" | "voiceId">;

/** Music. */
export type MusicResult = Completed<"music", "audioUrl" | "format" | "duration">;

/** A larger picture. */
export type UpscaleResult = Completed<
  "upscale",
  "imageUrl" | "width" | "height" | "originalWidth" | "originalHeight" | "scale"
>;

/** What a picture shows; `prompt` is one that would draw it. */
export type InterrogateResult = Completed<"interrogate", "caption" | "tags">;

/** A better prompt. */
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
