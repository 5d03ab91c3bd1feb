export { WokGenClient, WokGenClient as Client } from "./client.ts";
export type { CallOptions, ClientOptions, ListOptions, MakeOptions, WaitOptions } from "./options.ts";

export { AbortedError } from "./errors/aborted-error.ts";
export { ApiError } from "./errors/api-error.ts";
export {
  isAbortedError,
  isApiError,
  isNetworkError,
  isTimeoutError,
  isWebhookVerificationError,
  isWokGenError,
} from "./errors/guards.ts";
export { NetworkError } from "./errors/network-error.ts";
export { TimeoutError } from "./errors/timeout-error.ts";
export { WebhookVerificationError } from "./errors/webhook-verification-error.ts";
export { WokGenError } from "./errors/wokgen-error.ts";

export type {
  EnhanceInput,
  GenerateInput,
  InterrogateInput,
  MusicInput,
  TextInput,
  UpscaleInput,
  VoiceInput,
} from "./wokgen/inputs.ts";
export type { CompletedJob, FailedJob, Job, ProcessingJob } from "./wokgen/jobs.ts";
export type { Make } from "./wokgen/make.ts";
export type {
  EnhanceResult,
  ImageResult,
  InterrogateResult,
  Kind,
  MusicResult,
  Results,
  TextResult,
  UpscaleResult,
  VideoResult,
  VoiceResult,
} from "./wokgen/results.ts";

export type {
  Account,
  ApiKey,
  Balance,
  CreateEndpoint,
  CreateGeneration,
  Generation,
  Model,
  ReplayEvents,
  Transaction,
  WebhookDelivery,
  WebhookEndpoint,
} from "./wowflow/types.ts";
export type { OwnAccount } from "./wowflow/account.ts";
export type { CreateOptions, Wowflow } from "./wowflow/wowflow.ts";

export type { WebhookEndpoints } from "./webhooks/endpoints.ts";
export type {
  BalanceLowEvent,
  EndpointDisabledEvent,
  GenerationCompletedEvent,
  GenerationFailedEvent,
  WebhookEvent,
} from "./webhooks/events.ts";
export type { HeadersLike } from "./webhooks/headers.ts";
export { verifyWebhook, type WebhookDelivered } from "./webhooks/verify-webhook.ts";
