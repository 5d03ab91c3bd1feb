export { WokGenClient, WokGenClient as Client } from "./client.ts";
export type { CallOptions, ClientOptions, ListOptions, MakeOptions, UsageFilters, WaitOptions } from "./options.ts";

export {
  AbortedError,
  ApiError,
  isAbortedError,
  isApiError,
  isNetworkError,
  isReceiptVerificationError,
  isTimeoutError,
  isWebhookVerificationError,
  isWokGenError,
  NetworkError,
  ReceiptVerificationError,
  TimeoutError,
  WebhookVerificationError,
  WokGenError,
} from "./errors.ts";

export type { Make } from "./wokgen/calls.ts";
export type {
  CompletedJob,
  EnhanceInput,
  EnhanceResult,
  FailedJob,
  GenerateInput,
  ImageResult,
  InterrogateInput,
  InterrogateResult,
  Job,
  Kind,
  MusicInput,
  MusicResult,
  ProcessingJob,
  Results,
  TextInput,
  TextResult,
  UpscaleInput,
  UpscaleResult,
  VideoResult,
  VoiceInput,
  VoiceResult,
} from "./wokgen/types.ts";

export type { OwnAccount } from "./wowflow/account.ts";
export type {
  Account,
  ApiKey,
  Balance,
  CreateEndpoint,
  CreateGeneration,
  Generation,
  Model,
  Quote,
  ReplayEvents,
  Transaction,
  Upload,
  Usage,
  WebhookDelivery,
  WebhookEndpoint,
} from "./wowflow/types.ts";
export type { CreateOptions, Wowflow } from "./wowflow/wowflow.ts";

export type { StreamedEvent } from "./events/types.ts";
export type { FollowOptions } from "./events/follow.ts";

export type { WebhookEndpoints } from "./webhooks/endpoints.ts";
export type {
  BalanceLowEvent,
  EndpointDisabledEvent,
  GenerationCompletedEvent,
  GenerationFailedEvent,
  WebhookEvent,
} from "./webhooks/events.ts";
export { type HeadersLike, verifyWebhook, type WebhookDelivered } from "./webhooks/verify-webhook.ts";

export { type Receipt, type ReceiptKeys, verifyReceipt } from "./receipts/verify-receipt.ts";
