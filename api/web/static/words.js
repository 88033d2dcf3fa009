// How identifiers, amounts and events read to a person. No state here.

const WEI_DIGITS = 18;

/** Exact AGPT from a decimal string of wei, thousands grouped, cut (never rounded up) to `places`. */
export function agpt(wei, places = 4) {
  const digits = String(wei ?? "0").padStart(WEI_DIGITS + 1, "0");
  const whole = digits.slice(0, -WEI_DIGITS).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(-WEI_DIGITS).slice(0, places).replace(/0+$/, "");
  return fraction ? `${whole}.${fraction}` : whole;
}

/** AGPT with two places so that columns line up; what is too small for them is not shown as nothing. */
export function rounded(wei) {
  if (wei === "0") return "0";
  const [whole, fraction = ""] = agpt(wei, 2).split(".");
  return whole === "0" && fraction === "" ? "<0.01" : `${whole}.${fraction.padEnd(2, "0")}`;
}

/** The first and last digits of a hash or address; the whole one goes into a tooltip. */
export function short(id) {
  const text = String(id ?? "");
  return text.length > 14 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text;
}

export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

const TONES = {
  active: "good", completed: "good", jailed: "warn", idle: "calm", open: "calm", exited: "over", refunded: "over",
  slashed: "bad", assigned: "busy", verifying: "check",
};
export const tone = (state) => TONES[String(state).toLowerCase()] ?? "calm";

const SENTENCES = {
  "node.registered": (p) => ["Node joined", short(p.node)],
  "node.deregistered": (p) => ["Node left", short(p.node)],
  "node.jailed": (p) => ["Node jailed", `${short(p.node)} is below the minimum with ${agpt(p.stake_wei)} AGPT`],
  "node.unjailed": (p) => ["Node active again", `${short(p.node)} with ${agpt(p.stake_wei)} AGPT`],
  "stake.deposited": (p) => ["Stake deposited", `${short(p.node)} +${agpt(p.amount_wei)} AGPT`],
  "stake.withdrawal_queued": (p) => ["Withdrawal queued", `${short(p.node)} ${agpt(p.amount_wei)} AGPT`],
  "stake.withdrawn": (p) => ["Stake withdrawn", `${short(p.node)} −${agpt(p.amount_wei)} AGPT`],
  "credit.claimed": (p) => ["Credit claimed", `${short(p.account)} took ${agpt(p.amount_wei)} AGPT`],
  "task.posted": (p) => ["Task posted", `${short(p.task_id)} for ${agpt(p.terms.bounty_wei)} AGPT bounty`],
  "task.assigned": (p) => ["Task assigned", `${short(p.task_id)} to ${short(p.node)}, attempt ${p.epoch}`],
  "task.proof_submitted": (p) => ["Proof submitted", `${short(p.task_id)} by ${short(p.node)}`],
  "task.proof_attested": (p) => [p.valid ? "Proof found valid" : "Proof found invalid", `${short(p.task_id)} of ${short(p.node)}`],
  "task.completed": (p) => ["Task completed", `${short(p.task_id)} by ${short(p.node)}`],
  "task.node_slashed": (p) => ["Node slashed", `${short(p.node)} −${agpt(p.amount_wei, 6)} AGPT, ${String(p.fault).replace("_", " ")}`],
  "task.bounty_redistributed": (p) => ["Bounty redistributed", `${agpt(p.bounty_wei)} AGPT to ${p.beneficiaries.length} backup nodes`],
  "task.bounty_returned": (p) => ["Bounty returned", `${agpt(p.amount_wei)} AGPT to ${short(p.requester)}`],
  "task.bounty_share_credited": (p) => ["Bounty share credited", `${agpt(p.amount_wei)} AGPT to ${short(p.beneficiary)}`],
  "task.reopened": (p) => ["Task reopened", `${short(p.task_id)} waits for attempt ${p.epoch}`],
  "task.verification_expired": (p) => ["Verification expired", short(p.task_id)],
  "task.refunded": (p) => ["Task refunded", `${short(p.task_id)} ${p.cause}`],
  "network.policy_changed": () => ["Policy changed", "by governance"],
  "network.slash_pool_released": (p) => ["Slash pool released", `${agpt(p.amount_wei)} AGPT to ${short(p.recipient)}`],
  "network.paused": () => ["Network paused", "new work is stopped"],
  "network.unpaused": () => ["Network resumed", ""],
  "network.role_granted": (p) => ["Role granted", `to ${short(p.account)}`],
  "network.role_revoked": (p) => ["Role revoked", `from ${short(p.account)}`],
  "workflow.registered": (p) => ["Workflow decided", p.name],
  "workflow.version_published": (p) => ["Version decided", p.label || short(p.version_hash)],
  "registry.workflow_registered": (p) => ["Workflow registered on chain", p.name],
  "registry.version_published": (p) => ["Version published on chain", short(p.version_hash)],
  "registry.version_changed": (p) => ["Active version changed", `to ${short(p.version_hash)}`],
  "registry.version_revoked": (p) => ["Version revoked", short(p.version_hash)],
  "registry.rolled_back": (p) => ["Emergency rollback", `to ${short(p.to_version)}, ${p.revoked_count} revoked`],
  "chain.adopted": (p) => ["Deployment adopted", `chain ${p.chain_id}`],
  "chain.advanced": (p) => ["Chain read", `to block ${grouped(p.last_block)}, ${p.facts === 1 ? "1 fact" : `${p.facts} facts`}`],
  "blocks.orphaned": (p) => ["Blocks replaced", `above ${grouped(p.fork_block)}: ${p.facts === 1 ? "1 fact" : `${p.facts} facts`} no longer stand`],
  "blocks.restored": (p) => ["Blocks back", `to ${grouped(p.last_block)}: ${p.facts === 1 ? "1 fact" : `${p.facts} facts`} stand again`],
  "chain.finality_advanced": (p) => ["Final", `to block ${grouped(p.final_block)}, safe to ${grouped(p.safe_block)}`],
  "chain.halted": (p) => ["Chain halted", `final block ${grouped(p.final_block)} was contradicted`],
  "chain.healed": (p) => ["Chain healed", `above block ${grouped(p.fork_block)}`],
  "token.transferred": (p) => ["Tokens moved", `${agpt(p.amount_wei)} AGPT from ${short(p.sender)} to ${short(p.recipient)}`],
  "subject.erased": (p) => ["Personal texts erased", `of ${short(p.subject)}`],
  "outbox.requested": (p) => ["Transaction asked for", p.label || p.key],
  "outbox.signed": (p) => ["Transaction signed", `${short(p.transaction_hash)}, nonce ${p.nonce}, attempt ${p.attempt}`],
  "outbox.mined": (p) => [p.succeeded ? "Transaction mined" : "Transaction reverted", `${short(p.transaction_hash)} in block ${grouped(p.block_number)}`],
  "outbox.unmined": (p) => ["Transaction off the chain again", `${short(p.transaction_hash)} was in block ${grouped(p.block_number)}`],
  "outbox.final": (p) => ["Transaction final", short(p.transaction_hash)],
  "outbox.failed": (p) => ["Transaction failed", p.reason],
  "outbox.displaced": (p) => ["Nonce used elsewhere", `${p.nonce} went to ${short(p.by_transaction)}`],
  "outbox.withdrawn": (p) => ["Transaction withdrawn", short(p.intent_id)],
  "outbox.limited": (p) => ["Sender limited", short(p.sender)],
  "anomaly.detected": (p) => ["Anomaly", `${p.fact_name}: ${p.rule}`],
  "chain.log_unrecognised": (p) => ["Unrecognised log", p.reason],
};

const EVENT_TONES = {
  "task.node_slashed": "bad", "anomaly.detected": "bad", "chain.log_unrecognised": "bad", "node.jailed": "warn",
  "blocks.orphaned": "warn", "outbox.failed": "bad", "outbox.displaced": "warn", "chain.halted": "bad", "chain.healed": "good", "registry.rolled_back": "warn", "registry.version_revoked": "warn", "task.completed": "good",
};
export const eventTone = (type) => EVENT_TONES[type] ?? "";

/** A title and a detail for any event, also one that this page does not know yet. */
export function sentence(event) {
  try {
    const words = SENTENCES[event.type]?.(event.payload);
    if (words) return words;
  } catch { /* an unexpected shape is shown by its name */ }
  return [event.type, event.stream];
}
