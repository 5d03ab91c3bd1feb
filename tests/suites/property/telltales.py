"""Which scenarios find the broken verbs of each name: the canaries try these first, and all others after them."""

from collections.abc import Callable

from tests.suites.property import scenarios
from tests.suites.property.scenarios import SCENARIOS
from tests.suites.property.timed_world import TimedWorld

Scenario = Callable[[TimedWorld], None]

TELLTALES: dict[str, tuple[Scenario, ...]] = {  # "" is a text that several verbs have
    "": (
        scenarios.hold_a_generation_until_its_uploads_are_stored,
        scenarios.disable_a_failing_endpoint,
        scenarios.give_a_new_slot_to_the_backlog,
        scenarios.prefer_a_free_provider,
        scenarios.share_the_concurrency_of_a_provider,
        scenarios.use_up_the_daily_quota,
    ),
    "accept": (
        scenarios.take_a_dispute_above_the_balance,
        scenarios.notify_of_a_low_balance_once,
        scenarios.replay_an_idempotency_key,
        scenarios.place_no_order_that_comes_too_late,
        scenarios.prefer_a_free_provider,
        scenarios.refuse_an_order_above_the_balance,
        scenarios.give_a_new_slot_to_the_backlog,
        scenarios.admit_a_backlog_in_order,
        scenarios.drain_a_provider,
        scenarios.pause_a_provider,
        scenarios.reach_the_bounds_of_a_day,
        scenarios.stop_at_the_cap_of_a_key,
        scenarios.count_an_order_in_every_budget,
        scenarios.forbid_what_a_key_does_not_allow,
        scenarios.suspend_an_account,
    ),
    "abandon": (scenarios.abandon_a_removed_provider,),
    "start_post": (
        scenarios.limit_the_posts_to_an_endpoint,
        scenarios.hold_the_posts_of_a_silent_endpoint,
        scenarios.share_the_posts_to_slow_endpoints,
        scenarios.limit_the_posts_of_an_account,
        scenarios.post_more_at_once_to_a_fast_endpoint,
    ),
    "record_attempt": (
        scenarios.limit_the_posts_to_an_endpoint,
        scenarios.hold_the_posts_of_a_silent_endpoint,
        scenarios.share_the_posts_to_slow_endpoints,
        scenarios.limit_the_posts_of_an_account,
        scenarios.disable_a_failing_endpoint,
        scenarios.deliver_an_event_to_each_subscribed_endpoint,
        scenarios.delete_an_endpoint,
    ),
    "cancel": (scenarios.cancel_as_the_owner,),
    "claim": (
        scenarios.give_a_job_to_one_worker,
        scenarios.claim_by_free_slots,
    ),
    "create_account": (scenarios.repeat_the_creation_of_an_account,),
    "change_account": (scenarios.move_an_account_to_a_larger_plan, scenarios.close_an_account),
    "subscribe_account": (scenarios.follow_a_subscription,),
    "note_customer": (scenarios.follow_a_subscription,),
    "close_account": (scenarios.close_an_account, scenarios.take_a_dispute_above_the_balance),
    "grant_included": (scenarios.move_an_account_to_a_larger_plan, scenarios.suspend_an_account),
    "redeem_voucher": (scenarios.redeem_vouchers,),
    "revoke_vouchers": (scenarios.redeem_vouchers,),
    "grant_trial": (scenarios.give_trial_credit,),
    "change_key": (scenarios.stop_at_the_cap_of_a_key,),
    "create_key": (scenarios.limit_and_revoke_keys,),
    "credit": (scenarios.credit_a_settled_generation_once, scenarios.stop_at_the_cap_of_a_key),
    "delete_endpoint": (scenarios.disable_a_failing_endpoint,),
    "enable_endpoint": (scenarios.disable_a_failing_endpoint,),
    "finish": (
        scenarios.give_a_job_to_one_worker,
        scenarios.leave_a_running_job_with_its_worker,
    ),
    "open_breaker": (scenarios.keep_outages_of_one_route_apart, scenarios.close_a_route_whose_model_is_gone),
    "close_breaker": (scenarios.keep_outages_of_one_route_apart,),
    "redeliver": (
        scenarios.redeliver_as_the_owner,
        scenarios.disable_a_failing_endpoint,
    ),
    "renew": (scenarios.give_a_job_to_one_worker,),
    "replay": (scenarios.disable_a_failing_endpoint,),
    "reroute": (
        scenarios.prefer_a_free_provider,
        scenarios.reroute_a_refused_generation,
        scenarios.cancel_a_refused_submit,
        scenarios.drain_a_provider,
    ),
    "retry": (scenarios.retry_as_an_operator,),
    "revoke_key": (scenarios.limit_and_revoke_keys, scenarios.count_an_order_in_every_budget),
    "rotate_key": (scenarios.share_a_budget_after_a_rotation,),
    "rotate_secret": (scenarios.redeliver_as_the_owner,),
    "set_spend_caps": (scenarios.count_an_order_in_every_budget,),
    "set_low_balance_alert": (scenarios.notify_of_a_low_balance_once,),
    "set_mode": (scenarios.pause_a_provider,),
    "release": (scenarios.hold_a_generation_until_its_uploads_are_stored,),
    "settle": (
        scenarios.hold_a_generation_until_its_uploads_are_stored,
        scenarios.resolve_an_uncertain_generation,
        scenarios.cancel_as_the_owner,
        scenarios.use_up_the_daily_quota,
        scenarios.deliver_an_event_to_each_subscribed_endpoint,
        scenarios.refuse_a_cost_outside_the_reservation,
        scenarios.wake_each_gateway_once,
        scenarios.hold_a_generation_until_its_uploads_are_stored,
        scenarios.stop_at_the_cap_of_a_key,
    ),
    "start": (
        scenarios.permit_a_submit_once,
        scenarios.open_and_probe_a_breaker,
        scenarios.keep_outages_of_one_route_apart,
        scenarios.retry_a_refused_submit,
        scenarios.ignore_a_stale_worker_of_another_provider,
        scenarios.cancel_a_refused_submit,
        scenarios.pause_a_provider,
    ),
    "store_callback": (
        scenarios.deliver_callbacks,
        scenarios.store_a_late_reference,
    ),
    "store_late_result": (scenarios.store_a_late_reference,),
    "store_reference": (
        scenarios.store_a_late_reference,
        scenarios.permit_a_submit_once,
        scenarios.ignore_a_stale_worker_of_another_provider,
    ),
    "sweep": (
        scenarios.sweep_lost_jobs,
        scenarios.sweep_past_deadlines,
    ),
    "sweep_deliveries": (scenarios.deliver_an_event_to_each_subscribed_endpoint,),
    "top_up": (
        scenarios.correct_a_mistaken_top_up,
        scenarios.take_a_dispute_above_the_balance,
        scenarios.refuse_an_order_above_the_balance,
        scenarios.notify_of_a_low_balance_once,
        scenarios.close_an_account,
    ),
    "watch": (scenarios.wake_each_gateway_once,),
    "withdraw": (
        scenarios.retry_a_refused_submit,
        scenarios.pause_only_the_provider_that_refused,
        scenarios.keep_outages_of_one_route_apart,
    ),
}


def in_order(verb: str) -> tuple[Scenario, ...]:
    """Return every scenario, those that are known to find a broken `verb` first. Only the order depends on it."""
    first = TELLTALES.get(verb, ())
    return (*first, *(scenario for scenario in SCENARIOS if scenario not in first))
