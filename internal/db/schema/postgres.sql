alert.id bigint NOT NULL
alert.integration_id bigint NOT NULL
alert.dedup text NOT NULL
alert.status text NOT NULL
alert.severity bigint NOT NULL
alert.sort_key bigint NOT NULL
alert.summary text NOT NULL
alert.source text NOT NULL
alert.service text NOT NULL
alert.team text NOT NULL
alert.rule text NOT NULL
alert.unrouted boolean NOT NULL
alert.quiet boolean NOT NULL
alert.silence_id bigint NOT NULL DEFAULT 0
alert.episode_id bigint NOT NULL
alert.started_at bigint NOT NULL
alert.ended_at bigint NOT NULL DEFAULT 0
alert.closed_at bigint NOT NULL DEFAULT 0
alert.ended_by text NOT NULL DEFAULT ''::text
alert.event_at bigint NOT NULL DEFAULT 0
alert.acked_at bigint NOT NULL DEFAULT 0
alert.next_at bigint NOT NULL DEFAULT 0
alert.count bigint NOT NULL
alert.total bigint NOT NULL
alert.first_seen bigint NOT NULL
alert.last_seen bigint NOT NULL
alert.flips bytea NOT NULL
alert.flapping_until bigint NOT NULL DEFAULT 0
alert.recent bytea NOT NULL
alert.content bigint NOT NULL
alert.labels text NOT NULL
alert.annotations text NOT NULL
alert.links text NOT NULL
alert.details text NOT NULL
alert.version bigint NOT NULL
CREATE INDEX alert_due ON public.alert USING btree (next_at) WHERE (next_at > 0);
CREATE INDEX alert_flapping ON public.alert USING btree (flapping_until, id) WHERE (flapping_until > 0);
CREATE INDEX alert_integration ON public.alert USING btree (integration_id, sort_key, id);
CREATE UNIQUE INDEX alert_integration_id_dedup_key ON public.alert USING btree (integration_id, dedup);
CREATE INDEX alert_list ON public.alert USING btree (sort_key, id);
CREATE UNIQUE INDEX alert_pkey ON public.alert USING btree (id);
CREATE INDEX alert_service ON public.alert USING btree (service, sort_key, id);
CREATE INDEX alert_silence ON public.alert USING btree (silence_id, id) WHERE (silence_id > 0);
CREATE INDEX alert_silenced ON public.alert USING btree (sort_key, id) WHERE (silence_id > 0);
CREATE INDEX alert_unrouted ON public.alert USING btree (sort_key, id) WHERE ((unrouted = true) AND (status = 'firing'::text));
alert_episode.id bigint NOT NULL
alert_episode.alert_id bigint NOT NULL
alert_episode.severity bigint NOT NULL
alert_episode.summary text NOT NULL
alert_episode.service text NOT NULL
alert_episode.rule text NOT NULL
alert_episode.group_key text NOT NULL
alert_episode.group_text text NOT NULL
alert_episode.incident_id bigint NOT NULL DEFAULT 0
alert_episode.silence_id bigint NOT NULL DEFAULT 0
alert_episode.started_at bigint NOT NULL
alert_episode.ended_at bigint NOT NULL DEFAULT 0
alert_episode.opened_at bigint NOT NULL
alert_episode.closed_at bigint NOT NULL DEFAULT 0
alert_episode.ended_by text NOT NULL DEFAULT ''::text
alert_episode.count bigint NOT NULL DEFAULT 0
CREATE INDEX alert_episode_closed ON public.alert_episode USING btree (closed_at) WHERE ((incident_id = 0) AND (closed_at > 0));
CREATE INDEX alert_episode_incident ON public.alert_episode USING btree (incident_id, id) WHERE (incident_id > 0);
CREATE INDEX alert_episode_of ON public.alert_episode USING btree (alert_id, id);
CREATE UNIQUE INDEX alert_episode_pkey ON public.alert_episode USING btree (id);
alert_policy.id integer NOT NULL
alert_policy.version bigint NOT NULL
CREATE UNIQUE INDEX alert_policy_pkey ON public.alert_policy USING btree (id);
alert_rule.id bigint NOT NULL
alert_rule.name text NOT NULL
alert_rule.description text NOT NULL DEFAULT ''::text
alert_rule.position bigint NOT NULL
alert_rule.matchers text NOT NULL
alert_rule.service text NOT NULL DEFAULT ''::text
alert_rule.team text NOT NULL DEFAULT ''::text
alert_rule.priority bigint NOT NULL DEFAULT 0
alert_rule.group_by text NOT NULL
alert_rule.window_s bigint NOT NULL
alert_rule.reopen_s bigint NOT NULL
alert_rule.page boolean NOT NULL
alert_rule.page_on_join boolean NOT NULL
alert_rule.auto_close boolean NOT NULL
alert_rule.quiet boolean NOT NULL
alert_rule.disabled boolean NOT NULL
alert_rule.version bigint NOT NULL
CREATE UNIQUE INDEX alert_rule_name_key ON public.alert_rule USING btree (name);
CREATE UNIQUE INDEX alert_rule_pkey ON public.alert_rule USING btree (id);
CREATE INDEX alert_rule_position ON public.alert_rule USING btree ("position", id);
auth_guess.id text NOT NULL
auth_guess.failed bigint NOT NULL
auth_guess.last_at bigint NOT NULL
auth_guess.until_at bigint NOT NULL
CREATE INDEX auth_guess_last ON public.auth_guess USING btree (last_at);
CREATE UNIQUE INDEX auth_guess_pkey ON public.auth_guess USING btree (id);
auth_link.hash bytea NOT NULL
auth_link.purpose text NOT NULL
auth_link.person bigint NOT NULL
auth_link.created_at bigint NOT NULL
auth_link.expires_at bigint NOT NULL
CREATE INDEX auth_link_expiry ON public.auth_link USING btree (expires_at);
CREATE INDEX auth_link_person ON public.auth_link USING btree (purpose, person);
CREATE UNIQUE INDEX auth_link_pkey ON public.auth_link USING btree (hash);
auth_session.id text NOT NULL
auth_session.hash bytea NOT NULL
auth_session.person bigint NOT NULL
auth_session.address text NOT NULL
auth_session.agent text NOT NULL
auth_session.created_at bigint NOT NULL
auth_session.seen_at bigint NOT NULL
auth_session.expires_at bigint NOT NULL
CREATE INDEX auth_session_expiry ON public.auth_session USING btree (expires_at);
CREATE UNIQUE INDEX auth_session_hash ON public.auth_session USING btree (hash);
CREATE INDEX auth_session_person ON public.auth_session USING btree (person, id);
CREATE UNIQUE INDEX auth_session_pkey ON public.auth_session USING btree (id);
CREATE INDEX auth_session_seen ON public.auth_session USING btree (seen_at);
auth_token.id bigint NOT NULL
auth_token.hash bytea NOT NULL
auth_token.name text NOT NULL
auth_token.person bigint NOT NULL
auth_token.role text NOT NULL
auth_token.scopes text NOT NULL
auth_token.created_by bigint NOT NULL
auth_token.created_at bigint NOT NULL
auth_token.expires_at bigint NOT NULL
auth_token.used_at bigint NOT NULL
auth_token.revoked_at bigint NOT NULL
CREATE UNIQUE INDEX auth_token_hash ON public.auth_token USING btree (hash);
CREATE INDEX auth_token_person ON public.auth_token USING btree (person, id);
CREATE UNIQUE INDEX auth_token_pkey ON public.auth_token USING btree (id);
calendar.name text NOT NULL
calendar.spec text NOT NULL
calendar.version bigint NOT NULL
calendar.created_at bigint NOT NULL
calendar.updated_at bigint NOT NULL
CREATE UNIQUE INDEX calendar_pkey ON public.calendar USING btree (name);
change.id bigint NOT NULL
change.version bigint NOT NULL
change.title text NOT NULL
change.summary text NOT NULL
change.type text NOT NULL
change.kind text NOT NULL
change.purpose text NOT NULL
change.state text NOT NULL
change.is_open boolean NOT NULL
change.model text NOT NULL
change.service text NOT NULL
change.services text NOT NULL
change.team text NOT NULL
change.environment text NOT NULL
change.repository text NOT NULL
change.commit_sha text NOT NULL
change.branch text NOT NULL
change.pull_request text NOT NULL
change.artefact text NOT NULL
change.previous text NOT NULL
change.link text NOT NULL
change.author text NOT NULL
change.author_person bigint NOT NULL
change.source text NOT NULL
change.rollback_plan text NOT NULL
change.rollback_ref text NOT NULL
change.rollback_of bigint NOT NULL
change.returns boolean NOT NULL
change.taken_back_by bigint NOT NULL
change.decision bigint NOT NULL
change.outcome text NOT NULL
change.risk smallint NOT NULL
change.risk_level text NOT NULL
change.bypass boolean NOT NULL
change.waited bigint NOT NULL
change.created_at bigint NOT NULL
change.committed_at bigint NOT NULL
change.assessed_at bigint NOT NULL
change.requested_at bigint NOT NULL
change.approved_at bigint NOT NULL
change.planned_from bigint NOT NULL
change.planned_to bigint NOT NULL
change.started_at bigint NOT NULL
change.deployed_at bigint NOT NULL
change.verify_until bigint NOT NULL
change.ended_at bigint NOT NULL
change.recovered_at bigint NOT NULL
change.rework boolean NOT NULL
change.outcome_by text NOT NULL
change.outcome_person bigint NOT NULL
change.outcome_reason text NOT NULL
change.review_due bigint NOT NULL
change.reviewed_at bigint NOT NULL
change.review_by bigint NOT NULL
change.review text NOT NULL
change.caused integer NOT NULL
change.expires_at bigint NOT NULL
change.recheck_at bigint NOT NULL
change.next_at bigint NOT NULL
change.told bigint NOT NULL
change.entries integer NOT NULL
change.trail text NOT NULL
change.salt bytea NOT NULL
CREATE INDEX change_by_author ON public.change USING btree (author_person, id) WHERE (author_person > 0);
CREATE INDEX change_by_bad ON public.change USING btree (id) WHERE ((state = ANY (ARRAY['failed'::text, 'rolled back'::text])) OR (caused > 0));
CREATE INDEX change_by_bypass ON public.change USING btree (id) WHERE (bypass = true);
CREATE INDEX change_by_commit ON public.change USING btree (commit_sha, id) WHERE (commit_sha <> ''::text);
CREATE INDEX change_by_due ON public.change USING btree (next_at) WHERE (next_at > 0);
CREATE INDEX change_by_model ON public.change USING btree (model, id) WHERE (model <> ''::text);
CREATE INDEX change_by_open ON public.change USING btree (id) WHERE (is_open = true);
CREATE INDEX change_by_planned ON public.change USING btree (planned_from, id) WHERE (planned_from > 0);
CREATE INDEX change_by_review ON public.change USING btree (id) WHERE ((review_due > 0) AND (reviewed_at = 0));
CREATE INDEX change_by_started ON public.change USING btree (started_at, id) WHERE (started_at > 0);
CREATE INDEX change_by_state ON public.change USING btree (state, id);
CREATE INDEX change_by_team ON public.change USING btree (team, id) WHERE (team <> ''::text);
CREATE UNIQUE INDEX change_one_open ON public.change USING btree (service, environment, commit_sha, kind) WHERE ((is_open = true) AND (commit_sha <> ''::text));
CREATE UNIQUE INDEX change_pkey ON public.change USING btree (id);
CREATE INDEX change_ran ON public.change USING btree (service, environment, artefact, ended_at) WHERE (state = 'succeeded'::text);
CREATE INDEX change_runs ON public.change USING btree (service, environment, deployed_at) WHERE (deployed_at > 0);
CREATE INDEX change_unrecovered ON public.change USING btree (service, environment, id) WHERE ((recovered_at = 0) AND (state = 'failed'::text));
change_approval.id bigint NOT NULL
change_approval.change_id bigint NOT NULL
change_approval.decision_id bigint NOT NULL
change_approval.rule text NOT NULL
change_approval.who text NOT NULL
change_approval.state text NOT NULL
change_approval.asked_at bigint NOT NULL
change_approval.decided_at bigint NOT NULL
change_approval.expires_at bigint NOT NULL
change_approval.person bigint NOT NULL
change_approval.on_behalf bigint NOT NULL
change_approval.outside text NOT NULL
change_approval.via text NOT NULL
change_approval.commit_sha text NOT NULL
change_approval.reason text NOT NULL
change_approval.salt bytea NOT NULL
CREATE INDEX change_approval_expiry ON public.change_approval USING btree (expires_at) WHERE (state = 'waiting'::text);
CREATE INDEX change_approval_of ON public.change_approval USING btree (change_id, id);
CREATE UNIQUE INDEX change_approval_pkey ON public.change_approval USING btree (id);
CREATE INDEX change_approval_rule ON public.change_approval USING btree (rule, decided_at, id) WHERE (decided_at > 0);
CREATE INDEX change_approval_waiting ON public.change_approval USING btree (who, id) WHERE (state = 'waiting'::text);
change_call.id bigint NOT NULL
change_call.change_id bigint NOT NULL
change_call.kind text NOT NULL
change_call.source text NOT NULL
change_call.target text NOT NULL
change_call.ask text NOT NULL
change_call.why text NOT NULL
change_call.state text NOT NULL
change_call.said text NOT NULL
change_call.attempts integer NOT NULL
change_call.error text NOT NULL
change_call.created_at bigint NOT NULL
change_call.sent_at bigint NOT NULL
change_call.next_at bigint NOT NULL
CREATE INDEX change_call_due ON public.change_call USING btree (next_at) WHERE (next_at > 0);
CREATE INDEX change_call_of ON public.change_call USING btree (change_id, id);
CREATE UNIQUE INDEX change_call_pkey ON public.change_call USING btree (id);
change_cause.incident_id bigint NOT NULL
change_cause.change_id bigint NOT NULL
change_cause.state text NOT NULL
change_cause.rule text NOT NULL
change_cause.person bigint NOT NULL
change_cause.at bigint NOT NULL
change_cause.note text NOT NULL
change_cause.rank smallint NOT NULL
change_cause.score smallint NOT NULL
change_cause.relation text NOT NULL
change_cause.steps smallint NOT NULL
change_cause.reasons text NOT NULL
change_cause.listed_at bigint NOT NULL
change_cause.place smallint NOT NULL
change_cause.latest smallint NOT NULL
change_cause.salt bytea NOT NULL
CREATE INDEX change_cause_confirmed ON public.change_cause USING btree (at, incident_id, change_id) WHERE (state = 'confirmed'::text);
CREATE INDEX change_cause_of ON public.change_cause USING btree (change_id, incident_id);
CREATE UNIQUE INDEX change_cause_pkey ON public.change_cause USING btree (incident_id, change_id);
change_commit.repository text NOT NULL
change_commit.commit_sha text NOT NULL
change_commit.kind text NOT NULL
change_commit.key text NOT NULL
change_commit.at bigint NOT NULL
change_commit.data text NOT NULL
CREATE INDEX change_commit_of ON public.change_commit USING btree (repository, kind, key);
CREATE UNIQUE INDEX change_commit_pkey ON public.change_commit USING btree (commit_sha, kind, key, repository);
change_credential.name text NOT NULL
change_credential.has text NOT NULL
change_credential.sealed bytea NOT NULL
change_credential.version bigint NOT NULL
change_credential.updated_at bigint NOT NULL
CREATE UNIQUE INDEX change_credential_pkey ON public.change_credential USING btree (name);
change_decision.id bigint NOT NULL
change_decision.change_id bigint NOT NULL
change_decision.at bigint NOT NULL
change_decision.mode text NOT NULL
change_decision.policy bigint NOT NULL
change_decision.weights bigint NOT NULL
change_decision.windows bigint NOT NULL
change_decision.settings bigint NOT NULL
change_decision.outcome text NOT NULL
change_decision.risk smallint NOT NULL
change_decision.input text NOT NULL
change_decision.result text NOT NULL
change_decision.took bigint NOT NULL
CREATE INDEX change_decision_gate ON public.change_decision USING btree (id) WHERE (mode = 'gate'::text);
CREATE INDEX change_decision_of ON public.change_decision USING btree (change_id, id);
CREATE UNIQUE INDEX change_decision_pkey ON public.change_decision USING btree (id);
change_delegation.id bigint NOT NULL
change_delegation.person bigint NOT NULL
change_delegation.delegate bigint NOT NULL
change_delegation.from_at bigint NOT NULL
change_delegation.until_at bigint NOT NULL
change_delegation.reason text NOT NULL
change_delegation.created_at bigint NOT NULL
change_delegation.ended_at bigint NOT NULL
CREATE UNIQUE INDEX change_delegation_pkey ON public.change_delegation USING btree (id);
CREATE INDEX change_delegation_to ON public.change_delegation USING btree (delegate, until_at);
change_delivery.source text NOT NULL
change_delivery.id text NOT NULL
change_delivery.at bigint NOT NULL
CREATE INDEX change_delivery_at ON public.change_delivery USING btree (at);
CREATE UNIQUE INDEX change_delivery_pkey ON public.change_delivery USING btree (source, id);
change_entry.change_id bigint NOT NULL
change_entry.n integer NOT NULL
change_entry.at bigint NOT NULL
change_entry.kind text NOT NULL
change_entry.actor text NOT NULL
change_entry.person bigint NOT NULL
change_entry.text text NOT NULL
change_entry.detail text NOT NULL
change_entry.erased boolean NOT NULL
change_entry.digest text NOT NULL
CREATE UNIQUE INDEX change_entry_pkey ON public.change_entry USING btree (change_id, n);
change_external.source text NOT NULL
change_external.key text NOT NULL
change_external.change_id bigint NOT NULL
CREATE INDEX change_external_of ON public.change_external USING btree (change_id);
CREATE UNIQUE INDEX change_external_pkey ON public.change_external USING btree (source, key);
change_feed.person bigint NOT NULL
change_feed.team text NOT NULL
change_feed.service text NOT NULL
change_feed.hash bytea NOT NULL
change_feed.created_at bigint NOT NULL
CREATE UNIQUE INDEX change_feed_hash ON public.change_feed USING btree (hash);
CREATE UNIQUE INDEX change_feed_pkey ON public.change_feed USING btree (person, team, service);
change_look.incident_id bigint NOT NULL
change_look.service text NOT NULL
change_look.began_at bigint NOT NULL
change_look.looks smallint NOT NULL
change_look.turn bigint NOT NULL
change_look.next_at bigint NOT NULL
CREATE INDEX change_look_due ON public.change_look USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX change_look_pkey ON public.change_look USING btree (incident_id);
CREATE INDEX change_look_service ON public.change_look USING btree (service, began_at);
change_model.name text NOT NULL
change_model.spec text NOT NULL
change_model.version bigint NOT NULL
change_model.state text NOT NULL
change_model.why text NOT NULL
change_model.used bigint NOT NULL
change_model.failed bigint NOT NULL
change_model.since bigint NOT NULL
change_model.created_at bigint NOT NULL
change_model.updated_at bigint NOT NULL
CREATE UNIQUE INDEX change_model_pkey ON public.change_model USING btree (name);
change_past.kind text NOT NULL
change_past.name text NOT NULL
change_past.changes bigint NOT NULL
change_past.failed bigint NOT NULL
change_past.last_at bigint NOT NULL
change_past.proven_at bigint NOT NULL
CREATE UNIQUE INDEX change_past_pkey ON public.change_past USING btree (kind, name);
change_practice.name text NOT NULL
change_practice.spec text NOT NULL
change_practice.version bigint NOT NULL
change_practice.updated_at bigint NOT NULL
CREATE UNIQUE INDEX change_practice_pkey ON public.change_practice USING btree (name);
change_report.source text NOT NULL
change_report.key text NOT NULL
change_report.phase text NOT NULL
change_report.at bigint NOT NULL
change_report.last_at bigint NOT NULL
change_report.data text NOT NULL
CREATE UNIQUE INDEX change_report_pkey ON public.change_report USING btree (source, key, phase);
change_repository.repository text NOT NULL
change_repository.path text NOT NULL
change_repository.service text NOT NULL
CREATE UNIQUE INDEX change_repository_pkey ON public.change_repository USING btree (repository, path, service);
change_service.service text NOT NULL
change_service.change_id bigint NOT NULL
change_service.is_open boolean NOT NULL
change_service.from_at bigint NOT NULL
change_service.on_way boolean NOT NULL DEFAULT false
CREATE INDEX change_service_of ON public.change_service USING btree (change_id);
CREATE INDEX change_service_open ON public.change_service USING btree (service, change_id) WHERE (is_open = true);
CREATE UNIQUE INDEX change_service_pkey ON public.change_service USING btree (service, change_id);
CREATE INDEX change_service_time ON public.change_service USING btree (service, from_at, change_id);
CREATE INDEX change_service_way ON public.change_service USING btree (service, change_id) WHERE (on_way = true);
change_stamp.service text NOT NULL
change_stamp.n bigint NOT NULL
CREATE UNIQUE INDEX change_stamp_pkey ON public.change_stamp USING btree (service);
change_verification.change_id bigint NOT NULL
change_verification.service text NOT NULL
change_verification.from_at bigint NOT NULL
change_verification.to_at bigint NOT NULL
change_verification.until_at bigint NOT NULL
change_verification.looked_at bigint NOT NULL
change_verification.looks integer NOT NULL
change_verification.done boolean NOT NULL
change_verification.verdict text NOT NULL
change_verification.reason text NOT NULL
change_verification.result text NOT NULL
change_verification.next_at bigint NOT NULL
change_verification.error text NOT NULL
CREATE INDEX change_verification_due ON public.change_verification USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX change_verification_pkey ON public.change_verification USING btree (change_id);
CREATE INDEX change_verification_service ON public.change_verification USING btree (service, to_at);
change_window.name text NOT NULL
change_window.kind text NOT NULL
change_window.spec text NOT NULL
change_window.version bigint NOT NULL
change_window.created_at bigint NOT NULL
change_window.updated_at bigint NOT NULL
CREATE INDEX change_window_by_kind ON public.change_window USING btree (kind, name);
CREATE UNIQUE INDEX change_window_pkey ON public.change_window USING btree (name);
change_window_stamp.id bigint NOT NULL
change_window_stamp.n bigint NOT NULL
CREATE UNIQUE INDEX change_window_stamp_pkey ON public.change_window_stamp USING btree (id);
change_word.word bytea NOT NULL
change_word.change_id bigint NOT NULL
CREATE UNIQUE INDEX change_word_pkey ON public.change_word USING btree (word, change_id);
ci.id integer NOT NULL
ci.kind text NOT NULL
ci.name text NOT NULL
ci.word text NOT NULL
ci.env text NOT NULL
ci.team text NOT NULL
ci.state text NOT NULL
ci.attributes text NOT NULL
ci.identifiers text NOT NULL
ci.origins text NOT NULL
ci.conflicts integer NOT NULL
ci.merged_into integer NOT NULL
ci.first_seen bigint NOT NULL
ci.last_seen bigint NOT NULL
ci.next_at bigint NOT NULL
ci.version bigint NOT NULL
ci.created_at bigint NOT NULL
ci.updated_at bigint NOT NULL
CREATE INDEX ci_away ON public.ci USING btree (id, state) WHERE (state <> 'present'::text);
CREATE INDEX ci_by_kind ON public.ci USING btree (kind, word, id);
CREATE INDEX ci_by_team ON public.ci USING btree (team, word, id) WHERE (team <> ''::text);
CREATE INDEX ci_by_word ON public.ci USING btree (word, id);
CREATE INDEX ci_conflicts ON public.ci USING btree (id) WHERE (conflicts > 0);
CREATE INDEX ci_created ON public.ci USING btree (created_at, id);
CREATE INDEX ci_due ON public.ci USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX ci_pkey ON public.ci USING btree (id);
CREATE INDEX ci_stale ON public.ci USING btree (id) WHERE (state = 'stale'::text);
ci_baseline.name text NOT NULL
ci_baseline.spec text NOT NULL
ci_baseline.at bigint NOT NULL
ci_baseline.base text NOT NULL
ci_baseline.digest text NOT NULL
ci_baseline.items bigint NOT NULL
ci_baseline.relations bigint NOT NULL
ci_baseline.drift bigint NOT NULL
ci_baseline.looked_at bigint NOT NULL
ci_baseline.next_at bigint NOT NULL
ci_baseline.version bigint NOT NULL
ci_baseline.created_at bigint NOT NULL
ci_baseline.updated_at bigint NOT NULL
CREATE INDEX ci_baseline_due ON public.ci_baseline USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX ci_baseline_pkey ON public.ci_baseline USING btree (name);
ci_delta.id bigint NOT NULL
ci_delta.at bigint NOT NULL
ci_delta.body bytea NOT NULL
CREATE INDEX ci_delta_at ON public.ci_delta USING btree (at);
CREATE UNIQUE INDEX ci_delta_pkey ON public.ci_delta USING btree (id);
ci_discovery.name text NOT NULL
ci_discovery.spec text NOT NULL
ci_discovery.sealed text NOT NULL
ci_discovery.run bigint NOT NULL
ci_discovery.error text NOT NULL
ci_discovery.failures bigint NOT NULL
ci_discovery.busy bigint NOT NULL
ci_discovery.last_at bigint NOT NULL
ci_discovery.next_at bigint NOT NULL
ci_discovery.version bigint NOT NULL
ci_discovery.created_at bigint NOT NULL
ci_discovery.updated_at bigint NOT NULL
CREATE INDEX ci_discovery_due ON public.ci_discovery USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX ci_discovery_pkey ON public.ci_discovery USING btree (name);
ci_drift.baseline text NOT NULL
ci_drift.what text NOT NULL
ci_drift.verb text NOT NULL
ci_drift.form text NOT NULL
ci_drift.at bigint NOT NULL
ci_drift.note text NOT NULL
ci_drift.actor text NOT NULL
ci_drift.person bigint NOT NULL
ci_drift.decided_at bigint NOT NULL
CREATE UNIQUE INDEX ci_drift_pkey ON public.ci_drift USING btree (baseline, what);
ci_identifier.scheme text NOT NULL
ci_identifier.value text NOT NULL
ci_identifier.item integer NOT NULL
CREATE UNIQUE INDEX ci_identifier_pkey ON public.ci_identifier USING btree (scheme, value, item);
ci_kind.name text NOT NULL
ci_kind.spec text NOT NULL
ci_kind.version bigint NOT NULL
ci_kind.created_at bigint NOT NULL
ci_kind.updated_at bigint NOT NULL
CREATE UNIQUE INDEX ci_kind_pkey ON public.ci_kind USING btree (name);
ci_lock.id integer NOT NULL
ci_lock.moves bigint NOT NULL
CREATE UNIQUE INDEX ci_lock_pkey ON public.ci_lock USING btree (id);
ci_observation.id bigint NOT NULL
ci_observation.origin integer NOT NULL
ci_observation.name text NOT NULL
ci_observation.item integer NOT NULL
ci_observation.pinned boolean NOT NULL
ci_observation.body text NOT NULL
ci_observation.digest text NOT NULL
ci_observation.run bigint NOT NULL
ci_observation.first_seen bigint NOT NULL
ci_observation.last_seen bigint NOT NULL
ci_observation.absent_at bigint NOT NULL
CREATE INDEX ci_observation_item ON public.ci_observation USING btree (item);
CREATE UNIQUE INDEX ci_observation_key ON public.ci_observation USING btree (origin, name);
CREATE UNIQUE INDEX ci_observation_pkey ON public.ci_observation USING btree (id);
ci_origin.id integer NOT NULL
ci_origin.source text NOT NULL
ci_origin.scope text NOT NULL
ci_origin.run bigint NOT NULL
ci_origin.complete_at bigint NOT NULL
ci_origin.seen_at bigint NOT NULL
CREATE UNIQUE INDEX ci_origin_name ON public.ci_origin USING btree (source, scope);
CREATE UNIQUE INDEX ci_origin_pkey ON public.ci_origin USING btree (id);
ci_past.item integer NOT NULL
ci_past.until bigint NOT NULL
ci_past.since bigint NOT NULL
ci_past.kind text NOT NULL
ci_past.name text NOT NULL
ci_past.state text NOT NULL
ci_past.attributes text NOT NULL
CREATE UNIQUE INDEX ci_past_pkey ON public.ci_past USING btree (item, until);
CREATE INDEX ci_past_until ON public.ci_past USING btree (until, item);
ci_proposal.id bigint NOT NULL
ci_proposal.a integer NOT NULL
ci_proposal.b integer NOT NULL
ci_proposal.why text NOT NULL
ci_proposal.state text NOT NULL
ci_proposal.actor text NOT NULL
ci_proposal.person bigint NOT NULL
ci_proposal.created_at bigint NOT NULL
ci_proposal.decided_at bigint NOT NULL
CREATE INDEX ci_proposal_b ON public.ci_proposal USING btree (b);
CREATE INDEX ci_proposal_open ON public.ci_proposal USING btree (id) WHERE (state = 'open'::text);
CREATE UNIQUE INDEX ci_proposal_pair ON public.ci_proposal USING btree (a, b);
CREATE UNIQUE INDEX ci_proposal_pkey ON public.ci_proposal USING btree (id);
ci_regroup.id bigint NOT NULL
ci_regroup.verb text NOT NULL
ci_regroup.item integer NOT NULL
ci_regroup.other integer NOT NULL
ci_regroup.moves text NOT NULL
ci_regroup.note text NOT NULL
ci_regroup.actor text NOT NULL
ci_regroup.person bigint NOT NULL
ci_regroup.at bigint NOT NULL
ci_regroup.undone_at bigint NOT NULL
CREATE INDEX ci_regroup_item ON public.ci_regroup USING btree (item, id);
CREATE UNIQUE INDEX ci_regroup_pkey ON public.ci_regroup USING btree (id);
ci_relation.id bigint NOT NULL
ci_relation.from_item integer NOT NULL
ci_relation.to_item integer NOT NULL
ci_relation.kind smallint NOT NULL
ci_relation.hard boolean NOT NULL
ci_relation.grp text NOT NULL
ci_relation.need integer NOT NULL
ci_relation.provenance smallint NOT NULL
ci_relation.flow text NOT NULL
ci_relation.state text NOT NULL
ci_relation.since bigint NOT NULL
ci_relation.last_seen bigint NOT NULL
ci_relation.next_at bigint NOT NULL
ci_relation.revision bigint NOT NULL
ci_relation.updated_at bigint NOT NULL
CREATE INDEX ci_relation_due ON public.ci_relation USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX ci_relation_ends ON public.ci_relation USING btree (from_item, to_item, kind);
CREATE INDEX ci_relation_group ON public.ci_relation USING btree (id, grp) WHERE (grp <> ''::text);
CREATE UNIQUE INDEX ci_relation_pkey ON public.ci_relation USING btree (id);
CREATE INDEX ci_relation_since ON public.ci_relation USING btree (since, id);
CREATE INDEX ci_relation_to ON public.ci_relation USING btree (to_item);
ci_relation_past.relation bigint NOT NULL
ci_relation_past.until bigint NOT NULL
ci_relation_past.since bigint NOT NULL
ci_relation_past.from_item integer NOT NULL
ci_relation_past.to_item integer NOT NULL
ci_relation_past.kind smallint NOT NULL
ci_relation_past.hard boolean NOT NULL
ci_relation_past.grp text NOT NULL
ci_relation_past.need integer NOT NULL
ci_relation_past.provenance smallint NOT NULL
CREATE INDEX ci_relation_past_group ON public.ci_relation_past USING btree (relation, until, grp) WHERE (grp <> ''::text);
CREATE UNIQUE INDEX ci_relation_past_pkey ON public.ci_relation_past USING btree (relation, until);
CREATE INDEX ci_relation_past_until ON public.ci_relation_past USING btree (until, relation);
ci_rules.name text NOT NULL
ci_rules.spec text NOT NULL
ci_rules.reached bigint NOT NULL
ci_rules.last_item bigint NOT NULL
ci_rules.changed bigint NOT NULL
ci_rules.next_at bigint NOT NULL
ci_rules.version bigint NOT NULL
ci_rules.created_at bigint NOT NULL
ci_rules.updated_at bigint NOT NULL
CREATE INDEX ci_rules_due ON public.ci_rules USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX ci_rules_pkey ON public.ci_rules USING btree (name);
ci_run.id bigint NOT NULL
ci_run.source text NOT NULL
ci_run.scope text NOT NULL
ci_run.complete boolean NOT NULL
ci_run.dry boolean NOT NULL
ci_run.provenance smallint NOT NULL
ci_run.state text NOT NULL
ci_run.why text NOT NULL
ci_run.actor text NOT NULL
ci_run.person bigint NOT NULL
ci_run.counts text NOT NULL
ci_run.remarks text NOT NULL
ci_run.diff text NOT NULL
ci_run.chunk integer NOT NULL
ci_run.started_at bigint NOT NULL
ci_run.finished_at bigint NOT NULL
ci_run.next_at bigint NOT NULL
CREATE INDEX ci_run_due ON public.ci_run USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX ci_run_pkey ON public.ci_run USING btree (id);
CREATE INDEX ci_run_source ON public.ci_run USING btree (source, id);
ci_sighting.id bigint NOT NULL
ci_sighting.origin integer NOT NULL
ci_sighting.from_end text NOT NULL
ci_sighting.to_end text NOT NULL
ci_sighting.kind smallint NOT NULL
ci_sighting.relation bigint NOT NULL
ci_sighting.strength text NOT NULL
ci_sighting.grp text NOT NULL
ci_sighting.need integer NOT NULL
ci_sighting.provenance smallint NOT NULL
ci_sighting.flow text NOT NULL
ci_sighting.run bigint NOT NULL
ci_sighting.first_seen bigint NOT NULL
ci_sighting.last_seen bigint NOT NULL
ci_sighting.absent_at bigint NOT NULL
CREATE UNIQUE INDEX ci_sighting_ends ON public.ci_sighting USING btree (origin, from_end, to_end, kind);
CREATE INDEX ci_sighting_from ON public.ci_sighting USING btree (from_end) WHERE (relation = 0);
CREATE UNIQUE INDEX ci_sighting_pkey ON public.ci_sighting USING btree (id);
CREATE INDEX ci_sighting_relation ON public.ci_sighting USING btree (relation, id);
CREATE INDEX ci_sighting_to ON public.ci_sighting USING btree (to_end) WHERE (relation = 0);
ci_stage.run bigint NOT NULL
ci_stage.chunk integer NOT NULL
ci_stage.body bytea NOT NULL
CREATE UNIQUE INDEX ci_stage_pkey ON public.ci_stage USING btree (run, chunk);
code_apply.id bigint NOT NULL
code_apply.at bigint NOT NULL
code_apply.actor text NOT NULL
code_apply.person bigint NOT NULL
code_apply.source text NOT NULL
code_apply.git_commit text NOT NULL
code_apply.created integer NOT NULL
code_apply.changed integer NOT NULL
code_apply.adopted integer NOT NULL
code_apply.removed integer NOT NULL
CREATE UNIQUE INDEX code_apply_pkey ON public.code_apply USING btree (id);
code_managed.kind text NOT NULL
code_managed.name text NOT NULL
code_managed.source text NOT NULL
code_managed.git_commit text NOT NULL
code_managed.applied_at bigint NOT NULL
CREATE UNIQUE INDEX code_managed_pkey ON public.code_managed USING btree (kind, name);
contact_method.id bigint NOT NULL
contact_method.person bigint NOT NULL
contact_method.kind text NOT NULL
contact_method.label text NOT NULL
contact_method.address bytea NOT NULL
contact_method.verified_at bigint NOT NULL DEFAULT 0
contact_method.code text NOT NULL DEFAULT ''::text
contact_method.code_sent_at bigint NOT NULL DEFAULT 0
contact_method.code_tries integer NOT NULL DEFAULT 0
contact_method.codes_sent integer NOT NULL DEFAULT 0
contact_method.good_at bigint NOT NULL DEFAULT 0
contact_method.bad_at bigint NOT NULL DEFAULT 0
contact_method.answer text NOT NULL DEFAULT ''::text
contact_method.failures integer NOT NULL DEFAULT 0
contact_method.version bigint NOT NULL
contact_method.salt bytea NOT NULL
contact_method.created_at bigint NOT NULL
contact_method.updated_at bigint NOT NULL
CREATE INDEX contact_method_person ON public.contact_method USING btree (person, id);
CREATE UNIQUE INDEX contact_method_pkey ON public.contact_method USING btree (id);
contact_rule.person bigint NOT NULL
contact_rule.p1 text NOT NULL
contact_rule.p2 text
contact_rule.p3 text
contact_rule.p4 text
contact_rule.other text NOT NULL
contact_rule.zone text NOT NULL DEFAULT ''::text
contact_rule.quiet_from text NOT NULL DEFAULT ''::text
contact_rule.quiet_to text NOT NULL DEFAULT ''::text
contact_rule.test_clock text NOT NULL DEFAULT ''::text
contact_rule.test_at bigint NOT NULL DEFAULT 0
contact_rule.tested_at bigint NOT NULL DEFAULT 0
contact_rule.version bigint NOT NULL
contact_rule.salt bytea NOT NULL
contact_rule.updated_at bigint NOT NULL
CREATE UNIQUE INDEX contact_rule_pkey ON public.contact_rule USING btree (person);
CREATE INDEX contact_rule_test ON public.contact_rule USING btree (test_at) WHERE (test_at > 0);
counter.kind text NOT NULL
counter.n bigint NOT NULL
CREATE UNIQUE INDEX counter_pkey ON public.counter USING btree (kind);
dora_clock.id integer NOT NULL
dora_clock.open bigint NOT NULL
CREATE UNIQUE INDEX dora_clock_pkey ON public.dora_clock USING btree (id);
dora_day.day bigint NOT NULL
dora_day.n bigint NOT NULL
dora_day.sealed bigint NOT NULL
dora_day.due bigint NOT NULL
dora_day.data bytea NOT NULL
CREATE INDEX dora_day_due ON public.dora_day USING btree (due) WHERE (due > 0);
CREATE UNIQUE INDEX dora_day_pkey ON public.dora_day USING btree (day);
dora_fact.change_id bigint NOT NULL
dora_fact.at bigint NOT NULL
dora_fact.flags integer NOT NULL
dora_fact.lead bigint NOT NULL
dora_fact.recovery bigint NOT NULL
dora_fact.risk smallint NOT NULL
dora_fact.service text NOT NULL
dora_fact.others text NOT NULL
dora_fact.team text NOT NULL
dora_fact.environment text NOT NULL
dora_fact.kind text NOT NULL
dora_fact.steps text NOT NULL
CREATE INDEX dora_fact_at ON public.dora_fact USING btree (at, change_id);
CREATE INDEX dora_fact_failed ON public.dora_fact USING btree (at, change_id) WHERE ((flags & 4) <> 0);
CREATE UNIQUE INDEX dora_fact_pkey ON public.dora_fact USING btree (change_id);
CREATE INDEX dora_fact_rework ON public.dora_fact USING btree (at, change_id) WHERE ((flags & 16) <> 0);
CREATE INDEX dora_fact_team ON public.dora_fact USING btree (team, at, change_id);
dora_service.service text NOT NULL
dora_service.at bigint NOT NULL
dora_service.change_id bigint NOT NULL
CREATE INDEX dora_service_of ON public.dora_service USING btree (change_id);
CREATE UNIQUE INDEX dora_service_pkey ON public.dora_service USING btree (service, at, change_id);
escalation_fired.incident bigint NOT NULL
escalation_fired.run integer NOT NULL
escalation_fired.round integer NOT NULL
escalation_fired.step integer NOT NULL
escalation_fired.kind text NOT NULL
escalation_fired.due_at bigint NOT NULL
escalation_fired.at bigint NOT NULL
escalation_fired.people text NOT NULL
escalation_fired.channels text NOT NULL
escalation_fired.why text NOT NULL
CREATE INDEX escalation_fired_at ON public.escalation_fired USING btree (at);
CREATE UNIQUE INDEX escalation_fired_pkey ON public.escalation_fired USING btree (incident, run, round, step);
escalation_ladder.incident bigint NOT NULL
escalation_ladder.version bigint NOT NULL
escalation_ladder.policy text NOT NULL
escalation_ladder.plan text NOT NULL
escalation_ladder.state text NOT NULL
escalation_ladder.run integer NOT NULL
escalation_ladder.round integer NOT NULL
escalation_ladder.step integer NOT NULL
escalation_ladder.turn bigint NOT NULL
escalation_ladder.began_at bigint NOT NULL
escalation_ladder.round_at bigint NOT NULL
escalation_ladder.told_at bigint NOT NULL
escalation_ladder.acked_at bigint NOT NULL
escalation_ladder.nudged_at bigint NOT NULL
escalation_ladder.reminders integer NOT NULL
escalation_ladder.next_at bigint NOT NULL
escalation_ladder.cause text NOT NULL
escalation_ladder.by_person bigint NOT NULL
CREATE INDEX escalation_ladder_next ON public.escalation_ladder USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX escalation_ladder_pkey ON public.escalation_ladder USING btree (incident);
CREATE INDEX escalation_ladder_plan ON public.escalation_ladder USING btree (plan);
escalation_nested.policy text NOT NULL
escalation_nested.inner_policy text NOT NULL
CREATE INDEX escalation_nested_inner ON public.escalation_nested USING btree (inner_policy, policy);
CREATE UNIQUE INDEX escalation_nested_pkey ON public.escalation_nested USING btree (policy, inner_policy);
escalation_plan.id text NOT NULL
escalation_plan.plan text NOT NULL
CREATE UNIQUE INDEX escalation_plan_pkey ON public.escalation_plan USING btree (id);
escalation_policy.name text NOT NULL
escalation_policy.spec text NOT NULL
escalation_policy.version bigint NOT NULL
escalation_policy.turns bigint NOT NULL DEFAULT 0
escalation_policy.created_at bigint NOT NULL
escalation_policy.updated_at bigint NOT NULL
CREATE UNIQUE INDEX escalation_policy_pkey ON public.escalation_policy USING btree (name);
escalation_request.incident bigint NOT NULL
escalation_request.person bigint NOT NULL
escalation_request.kind text NOT NULL
escalation_request.state text NOT NULL
escalation_request.asked_by bigint NOT NULL
escalation_request.asked_at bigint NOT NULL
escalation_request.answered_at bigint NOT NULL
escalation_request.reminders integer NOT NULL
escalation_request.round integer NOT NULL
escalation_request.next_at bigint NOT NULL
escalation_request.note text NOT NULL
CREATE INDEX escalation_request_next ON public.escalation_request USING btree (next_at) WHERE (next_at > 0);
CREATE INDEX escalation_request_person ON public.escalation_request USING btree (person, state);
CREATE UNIQUE INDEX escalation_request_pkey ON public.escalation_request USING btree (incident, person);
escalation_serves.kind text NOT NULL
escalation_serves.name text NOT NULL
escalation_serves.policy text NOT NULL
CREATE UNIQUE INDEX escalation_serves_pkey ON public.escalation_serves USING btree (kind, name);
CREATE INDEX escalation_serves_policy ON public.escalation_serves USING btree (policy);
evidence.leaf_id bigint NOT NULL
evidence.idx bigint
evidence.at bigint NOT NULL
evidence.record text NOT NULL
evidence.version bigint NOT NULL
evidence.action text NOT NULL
evidence.actor text NOT NULL
evidence.entry bytea NOT NULL
CREATE UNIQUE INDEX evidence_idx ON public.evidence USING btree (idx);
CREATE UNIQUE INDEX evidence_pkey ON public.evidence USING btree (leaf_id);
CREATE INDEX evidence_record ON public.evidence USING btree (record, leaf_id);
CREATE INDEX evidence_unsequenced ON public.evidence USING btree (leaf_id) WHERE (idx IS NULL);
evidence_check.id bigint NOT NULL
evidence_check.at bigint NOT NULL
evidence_check.took_us bigint NOT NULL
evidence_check.whole boolean NOT NULL
evidence_check.ok boolean NOT NULL
evidence_check.size bigint NOT NULL
evidence_check.root text NOT NULL
evidence_check.report text NOT NULL
CREATE UNIQUE INDEX evidence_check_pkey ON public.evidence_check USING btree (id);
CREATE INDEX evidence_check_whole ON public.evidence_check USING btree (whole, id);
evidence_checkpoint.size bigint NOT NULL
evidence_checkpoint.epoch bigint NOT NULL
evidence_checkpoint.root text NOT NULL
evidence_checkpoint.at bigint NOT NULL
evidence_checkpoint.note text NOT NULL
evidence_checkpoint.tail bytea
CREATE UNIQUE INDEX evidence_checkpoint_pkey ON public.evidence_checkpoint USING btree (size, epoch);
CREATE INDEX evidence_checkpoint_tail ON public.evidence_checkpoint USING btree (size) WHERE (tail IS NOT NULL);
evidence_epoch.epoch bigint NOT NULL
evidence_epoch.started_at bigint NOT NULL
evidence_epoch.size bigint NOT NULL
evidence_epoch.root text NOT NULL
evidence_epoch.key text NOT NULL
evidence_epoch.reason text NOT NULL
CREATE UNIQUE INDEX evidence_epoch_pkey ON public.evidence_epoch USING btree (epoch);
evidence_head.id integer NOT NULL
evidence_head.size bigint NOT NULL
CREATE UNIQUE INDEX evidence_head_pkey ON public.evidence_head USING btree (id);
evidence_publish.target text NOT NULL
evidence_publish.size bigint NOT NULL DEFAULT 0
evidence_publish.at bigint NOT NULL DEFAULT 0
evidence_publish.error text NOT NULL DEFAULT ''::text
evidence_publish.failures integer NOT NULL DEFAULT 0
evidence_publish.next_at bigint NOT NULL DEFAULT 0
CREATE UNIQUE INDEX evidence_publish_pkey ON public.evidence_publish USING btree (target);
evidence_tile.level integer NOT NULL
evidence_tile.n bigint NOT NULL
evidence_tile.data bytea NOT NULL
CREATE UNIQUE INDEX evidence_tile_pkey ON public.evidence_tile USING btree (level, n);
health_clock.id integer NOT NULL
health_clock.next_at bigint NOT NULL
CREATE UNIQUE INDEX health_clock_pkey ON public.health_clock USING btree (id);
health_report.team text NOT NULL
health_report.month text NOT NULL
health_report.sent_at bigint NOT NULL
health_report.pages integer NOT NULL
health_report.told boolean NOT NULL
CREATE UNIQUE INDEX health_report_pkey ON public.health_report USING btree (team, month);
idempotency.actor text NOT NULL
idempotency.key text NOT NULL
idempotency.request bytea NOT NULL
idempotency.status integer NOT NULL
idempotency.header text NOT NULL
idempotency.body bytea NOT NULL
idempotency.at bigint NOT NULL
CREATE INDEX idempotency_at ON public.idempotency USING btree (at);
CREATE UNIQUE INDEX idempotency_pkey ON public.idempotency USING btree (actor, key);
incident.id bigint NOT NULL
incident.version bigint NOT NULL
incident.revision bigint NOT NULL
incident.title text NOT NULL
incident.summary text NOT NULL
incident.state text NOT NULL
incident.is_open boolean NOT NULL
incident.priority smallint NOT NULL
incident.impact smallint NOT NULL
incident.urgency smallint NOT NULL
incident.priority_why text NOT NULL
incident.alert_priority smallint NOT NULL
incident.service text NOT NULL
incident.team text NOT NULL
incident.tier smallint NOT NULL
incident.origin text NOT NULL
incident.reporter bigint NOT NULL
incident.rule text NOT NULL
incident.group_key text NOT NULL
incident.restricted boolean NOT NULL
incident.waiting text NOT NULL
incident.how text NOT NULL
incident.reason text NOT NULL
incident.merged_into bigint NOT NULL
incident.parent bigint NOT NULL
incident.war_room text NOT NULL
incident.commander bigint NOT NULL
incident.operations bigint NOT NULL
incident.communications bigint NOT NULL
incident.scribe bigint NOT NULL
incident.started_at bigint NOT NULL
incident.triggered_at bigint NOT NULL
incident.acknowledged_at bigint NOT NULL
incident.mitigated_at bigint NOT NULL
incident.resolved_at bigint NOT NULL
incident.closed_at bigint NOT NULL
incident.updated_at bigint NOT NULL
incident.reopened integer NOT NULL
incident.reassigned integer NOT NULL
incident.alerts integer NOT NULL
incident.alerts_firing integer NOT NULL
incident.last_alert_at bigint NOT NULL
incident.auto_resolve boolean NOT NULL
incident.updates integer NOT NULL
incident.persistent text NOT NULL
incident.next_at bigint NOT NULL
incident.matrix text NOT NULL
incident.steps text NOT NULL
incident.entries integer NOT NULL
incident.trail text NOT NULL
incident.salt bytea NOT NULL
CREATE INDEX incident_children ON public.incident USING btree (parent, id) WHERE (parent > 0);
CREATE INDEX incident_commander ON public.incident USING btree (commander, priority, triggered_at, id) WHERE (commander > 0);
CREATE INDEX incident_due ON public.incident USING btree (next_at) WHERE (next_at > 0);
CREATE INDEX incident_merged ON public.incident USING btree (merged_into, id) WHERE (merged_into > 0);
CREATE INDEX incident_newest ON public.incident USING btree (priority, triggered_at, id);
CREATE INDEX incident_open ON public.incident USING btree (priority, triggered_at, id) WHERE (is_open = true);
CREATE INDEX incident_open_service ON public.incident USING btree (service, priority, id) WHERE ((is_open = true) AND (service <> ''::text));
CREATE UNIQUE INDEX incident_pkey ON public.incident USING btree (id);
CREATE INDEX incident_repeat ON public.incident USING btree (group_key, triggered_at) WHERE (group_key <> ''::text);
CREATE INDEX incident_review ON public.incident USING btree (priority, triggered_at, id) WHERE (persistent <> ''::text);
CREATE INDEX incident_service ON public.incident USING btree (service, priority, triggered_at, id) WHERE (service <> ''::text);
CREATE INDEX incident_state ON public.incident USING btree (state, priority, triggered_at, id);
CREATE INDEX incident_team ON public.incident USING btree (team, priority, triggered_at, id) WHERE (team <> ''::text);
CREATE INDEX incident_time ON public.incident USING btree (triggered_at, id);
CREATE INDEX incident_triggered ON public.incident USING btree (triggered_at, id);
incident_entry.incident bigint NOT NULL
incident_entry.seq integer NOT NULL
incident_entry.at bigint NOT NULL
incident_entry.kind text NOT NULL
incident_entry.person bigint NOT NULL
incident_entry.subject bigint NOT NULL
incident_entry.tag text NOT NULL
incident_entry.public boolean NOT NULL
incident_entry.text text NOT NULL
incident_entry.detail text NOT NULL
incident_entry.corrects integer NOT NULL
incident_entry.erased boolean NOT NULL
incident_entry.digest text NOT NULL
CREATE UNIQUE INDEX incident_entry_pkey ON public.incident_entry USING btree (incident, seq);
incident_group.group_key text NOT NULL
incident_group.incident bigint NOT NULL
CREATE INDEX incident_group_incident ON public.incident_group USING btree (incident);
CREATE UNIQUE INDEX incident_group_pkey ON public.incident_group USING btree (group_key);
incident_link.incident bigint NOT NULL
incident_link.kind text NOT NULL
incident_link.target text NOT NULL
incident_link.title text NOT NULL
incident_link.state text NOT NULL
incident_link.rule text NOT NULL
incident_link.person bigint NOT NULL
incident_link.at bigint NOT NULL
CREATE UNIQUE INDEX incident_link_pkey ON public.incident_link USING btree (incident, kind, target);
CREATE INDEX incident_link_target ON public.incident_link USING btree (kind, target, incident);
incident_person.incident bigint NOT NULL
incident_person.person bigint NOT NULL
incident_person.since bigint NOT NULL
incident_person.triggered_at bigint NOT NULL
CREATE INDEX incident_person_person ON public.incident_person USING btree (person, triggered_at, incident);
CREATE UNIQUE INDEX incident_person_pkey ON public.incident_person USING btree (incident, person);
incident_viewer.incident bigint NOT NULL
incident_viewer.principal text NOT NULL
CREATE UNIQUE INDEX incident_viewer_pkey ON public.incident_viewer USING btree (incident, principal);
incident_word.word bytea NOT NULL
incident_word.incident bigint NOT NULL
CREATE INDEX incident_word_incident ON public.incident_word USING btree (incident, word);
CREATE UNIQUE INDEX incident_word_pkey ON public.incident_word USING btree (word, incident);
integration.id bigint NOT NULL
integration.name text NOT NULL
integration.kind text NOT NULL
integration.title text NOT NULL DEFAULT ''::text
integration.service text NOT NULL DEFAULT ''::text
integration.team text NOT NULL DEFAULT ''::text
integration.beat_interval bigint NOT NULL DEFAULT 0
integration.beat_grace bigint NOT NULL DEFAULT 0
integration.severity text NOT NULL DEFAULT ''::text
integration.disabled boolean NOT NULL DEFAULT false
integration.version bigint NOT NULL
integration.created_at bigint NOT NULL
CREATE UNIQUE INDEX integration_name_key ON public.integration USING btree (name);
CREATE UNIQUE INDEX integration_pkey ON public.integration USING btree (id);
integration_state.integration_id bigint NOT NULL
integration_state.seen_at bigint NOT NULL DEFAULT 0
integration_state.beat_at bigint NOT NULL DEFAULT 0
integration_state.silent boolean NOT NULL DEFAULT false
integration_state.next_at bigint NOT NULL DEFAULT 0
CREATE INDEX integration_state_due ON public.integration_state USING btree (next_at) WHERE (next_at > 0);
CREATE UNIQUE INDEX integration_state_pkey ON public.integration_state USING btree (integration_id);
integration_token.hash bytea NOT NULL
integration_token.integration_id bigint NOT NULL
integration_token.created_at bigint NOT NULL
integration_token.expires_at bigint NOT NULL DEFAULT 0
integration_token.sealed bytea
CREATE INDEX integration_token_of ON public.integration_token USING btree (integration_id);
CREATE UNIQUE INDEX integration_token_pkey ON public.integration_token USING btree (hash);
lease.name text NOT NULL
lease.holder text NOT NULL
lease.token bigint NOT NULL
lease.until bigint NOT NULL
CREATE UNIQUE INDEX lease_pkey ON public.lease USING btree (name);
notify_attempt.message bigint NOT NULL
notify_attempt.n integer NOT NULL
notify_attempt.at bigint NOT NULL
notify_attempt.outcome text NOT NULL
notify_attempt.error text NOT NULL DEFAULT ''::text
notify_attempt.latency_us bigint NOT NULL
notify_attempt.answer text NOT NULL DEFAULT ''::text
CREATE UNIQUE INDEX notify_attempt_pkey ON public.notify_attempt USING btree (message, n);
notify_channel.name text NOT NULL
notify_channel.kind text NOT NULL
notify_channel.team text NOT NULL
notify_channel.urgency text NOT NULL
notify_channel.enabled boolean NOT NULL
notify_channel.addresses text NOT NULL
notify_channel.per_minute integer NOT NULL
notify_channel.url bytea
notify_channel.secret bytea
notify_channel.version bigint NOT NULL
notify_channel.salt bytea NOT NULL
notify_channel.created_at bigint NOT NULL
notify_channel.updated_at bigint NOT NULL
CREATE UNIQUE INDEX notify_channel_pkey ON public.notify_channel USING btree (name);
CREATE INDEX notify_channel_team ON public.notify_channel USING btree (team, name);
notify_link.hash bytea NOT NULL
notify_link.message bigint NOT NULL DEFAULT 0
notify_link.person bigint NOT NULL
notify_link.record text NOT NULL
notify_link.verb text NOT NULL
notify_link.label text NOT NULL
notify_link.restricted boolean NOT NULL
notify_link.sealed bytea
notify_link.expires_at bigint NOT NULL
notify_link.held_until bigint NOT NULL DEFAULT 0
notify_link.used_at bigint NOT NULL DEFAULT 0
CREATE INDEX notify_link_expires ON public.notify_link USING btree (expires_at);
CREATE INDEX notify_link_message ON public.notify_link USING btree (message);
CREATE UNIQUE INDEX notify_link_pkey ON public.notify_link USING btree (hash);
notify_message.id bigint NOT NULL
notify_message.key text NOT NULL
notify_message.dest text NOT NULL
notify_message.via text NOT NULL
notify_message.record text NOT NULL
notify_message.reason text NOT NULL
notify_message.team text NOT NULL DEFAULT ''::text
notify_message.person bigint NOT NULL DEFAULT 0
notify_message.urgent boolean NOT NULL
notify_message.restricted boolean NOT NULL
notify_message.title text NOT NULL
notify_message.body text NOT NULL
notify_message.facts text NOT NULL
notify_message.salt bytea NOT NULL
notify_message.state text NOT NULL
notify_message.queued_at bigint NOT NULL
notify_message.promised_at bigint NOT NULL
notify_message.due_at bigint NOT NULL
notify_message.expires_at bigint NOT NULL
notify_message.ended_at bigint NOT NULL DEFAULT 0
notify_message.paced boolean NOT NULL DEFAULT false
notify_message.lease text NOT NULL DEFAULT ''::text
notify_message.attempts integer NOT NULL DEFAULT 0
notify_message.error text NOT NULL DEFAULT ''::text
notify_message.priority text NOT NULL DEFAULT ''::text
notify_message.leg integer NOT NULL DEFAULT 0
notify_message.after_us bigint NOT NULL DEFAULT 0
notify_message.gather bigint NOT NULL DEFAULT 0
notify_message.carrier bigint NOT NULL DEFAULT 0
notify_message.cancel text NOT NULL DEFAULT ''::text
CREATE INDEX notify_message_due ON public.notify_message USING btree (urgent, due_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));
CREATE INDEX notify_message_gather ON public.notify_message USING btree (dest, urgent, carrier, id) WHERE (gather > 0);
CREATE INDEX notify_message_goes ON public.notify_message USING btree (dest) WHERE (paced = true);
CREATE UNIQUE INDEX notify_message_key_dest_key ON public.notify_message USING btree (key, dest);
CREATE INDEX notify_message_pages ON public.notify_message USING btree (person, queued_at) WHERE (urgent = true);
CREATE UNIQUE INDEX notify_message_pkey ON public.notify_message USING btree (id);
CREATE INDEX notify_message_promised ON public.notify_message USING btree (urgent, promised_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));
CREATE INDEX notify_message_record ON public.notify_message USING btree (record, id);
CREATE INDEX notify_message_state ON public.notify_message USING btree (state, id);
CREATE INDEX notify_message_went ON public.notify_message USING btree (dest, ended_at) WHERE (ended_at > 0);
notify_preference.person bigint NOT NULL
notify_preference.urgent text NOT NULL
notify_preference.other text NOT NULL
notify_preference.version bigint NOT NULL
notify_preference.updated_at bigint NOT NULL
CREATE UNIQUE INDEX notify_preference_pkey ON public.notify_preference USING btree (person);
notify_via.via text NOT NULL
notify_via.good_at bigint NOT NULL DEFAULT 0
notify_via.bad_at bigint NOT NULL DEFAULT 0
notify_via.error text NOT NULL DEFAULT ''::text
notify_via.failures integer NOT NULL DEFAULT 0
notify_via.urgent_free bigint NOT NULL DEFAULT 0
notify_via.all_free bigint NOT NULL DEFAULT 0
CREATE UNIQUE INDEX notify_via_pkey ON public.notify_via USING btree (via);
oncall_cover.id bigint NOT NULL
oncall_cover.kind text NOT NULL
oncall_cover.schedule text NOT NULL
oncall_cover.person bigint NOT NULL
oncall_cover.instead bigint NOT NULL
oncall_cover.from_at bigint NOT NULL
oncall_cover.to_at bigint NOT NULL
oncall_cover.reason text NOT NULL
oncall_cover.by_person bigint NOT NULL
oncall_cover.salt bytea NOT NULL
oncall_cover.version bigint NOT NULL
oncall_cover.created_at bigint NOT NULL
oncall_cover.removed_at bigint NOT NULL
oncall_cover.seq bigint NOT NULL
CREATE INDEX oncall_cover_instead ON public.oncall_cover USING btree (instead, to_at);
CREATE INDEX oncall_cover_person ON public.oncall_cover USING btree (person, to_at);
CREATE UNIQUE INDEX oncall_cover_pkey ON public.oncall_cover USING btree (id);
CREATE INDEX oncall_cover_seq ON public.oncall_cover USING btree (seq);
CREATE INDEX oncall_cover_time ON public.oncall_cover USING btree (schedule, to_at, id);
oncall_feed.person bigint NOT NULL
oncall_feed.schedule text NOT NULL
oncall_feed.hash bytea NOT NULL
oncall_feed.created_at bigint NOT NULL
CREATE UNIQUE INDEX oncall_feed_hash ON public.oncall_feed USING btree (hash);
CREATE UNIQUE INDEX oncall_feed_pkey ON public.oncall_feed USING btree (person, schedule);
oncall_offer.id bigint NOT NULL
oncall_offer.schedule text NOT NULL
oncall_offer.person bigint NOT NULL
oncall_offer.to_person bigint NOT NULL
oncall_offer.from_at bigint NOT NULL
oncall_offer.until_at bigint NOT NULL
oncall_offer.return_from bigint NOT NULL
oncall_offer.return_to bigint NOT NULL
oncall_offer.note text NOT NULL
oncall_offer.state text NOT NULL
oncall_offer.taker bigint NOT NULL
oncall_offer.covers text NOT NULL
oncall_offer.salt bytea NOT NULL
oncall_offer.version bigint NOT NULL
oncall_offer.created_at bigint NOT NULL
oncall_offer.updated_at bigint NOT NULL
CREATE INDEX oncall_offer_open ON public.oncall_offer USING btree (state, until_at, id);
CREATE INDEX oncall_offer_person ON public.oncall_offer USING btree (person, until_at);
CREATE UNIQUE INDEX oncall_offer_pkey ON public.oncall_offer USING btree (id);
oncall_schedule.name text NOT NULL
oncall_schedule.team text NOT NULL
oncall_schedule.spec text NOT NULL
oncall_schedule.version bigint NOT NULL
oncall_schedule.created_at bigint NOT NULL
oncall_schedule.updated_at bigint NOT NULL
oncall_schedule.deleted_at bigint NOT NULL
oncall_schedule.seq bigint NOT NULL
CREATE UNIQUE INDEX oncall_schedule_pkey ON public.oncall_schedule USING btree (name);
CREATE INDEX oncall_schedule_seq ON public.oncall_schedule USING btree (seq);
CREATE INDEX oncall_schedule_team ON public.oncall_schedule USING btree (team, name);
oncall_state.id integer NOT NULL
oncall_state.version bigint NOT NULL
oncall_state.people bigint NOT NULL
CREATE UNIQUE INDEX oncall_state_pkey ON public.oncall_state USING btree (id);
person.id bigint NOT NULL
person.handle text NOT NULL
person.display text NOT NULL
person.email text NOT NULL
person.role text NOT NULL
person.zone text NOT NULL
person.vocabulary text NOT NULL
person.theme text NOT NULL
person.salt bytea NOT NULL
person.password text NOT NULL
person.password_at bigint NOT NULL
person.version bigint NOT NULL
person.created_at bigint NOT NULL
person.updated_at bigint NOT NULL
person.disabled_at bigint NOT NULL
person.erased_at bigint NOT NULL
CREATE UNIQUE INDEX person_email ON public.person USING btree (email) WHERE (email <> ''::text);
CREATE UNIQUE INDEX person_handle ON public.person USING btree (handle);
CREATE UNIQUE INDEX person_pkey ON public.person USING btree (id);
CREATE INDEX person_role ON public.person USING btree (role, handle);
policy_version.id bigint NOT NULL
policy_version.version bigint NOT NULL
policy_version.state text NOT NULL
policy_version.modules text NOT NULL
policy_version.digest text NOT NULL
policy_version.tests integer NOT NULL
policy_version.note text NOT NULL
policy_version.reason text NOT NULL
policy_version.commit_sha text NOT NULL
policy_version.made_by bigint NOT NULL
policy_version.decided_by bigint NOT NULL
policy_version.created_at bigint NOT NULL
policy_version.decided_at bigint NOT NULL
policy_version.activated_at bigint NOT NULL
policy_version.salt bytea NOT NULL
CREATE UNIQUE INDEX policy_version_active ON public.policy_version USING btree (state) WHERE (state = 'active'::text);
CREATE UNIQUE INDEX policy_version_pkey ON public.policy_version USING btree (id);
CREATE UNIQUE INDEX policy_version_shadow ON public.policy_version USING btree (state) WHERE (state = 'shadow'::text);
priority_matrix.name text NOT NULL
priority_matrix.version bigint NOT NULL
priority_matrix.spec text NOT NULL
priority_matrix.made_at bigint NOT NULL
priority_matrix.retired_at bigint NOT NULL
CREATE UNIQUE INDEX priority_matrix_current ON public.priority_matrix USING btree (name) WHERE (retired_at = 0);
CREATE UNIQUE INDEX priority_matrix_pkey ON public.priority_matrix USING btree (name, version);
retention_sweep.policy text NOT NULL
retention_sweep.last_at bigint NOT NULL DEFAULT 0
retention_sweep.next_at bigint NOT NULL
retention_sweep.dropped bigint NOT NULL DEFAULT 0
CREATE INDEX retention_sweep_next ON public.retention_sweep USING btree (next_at);
CREATE UNIQUE INDEX retention_sweep_pkey ON public.retention_sweep USING btree (policy);
risk_model.id bigint NOT NULL
risk_model.weights text NOT NULL
risk_model.report text NOT NULL
risk_model.parent bigint NOT NULL
risk_model.state text NOT NULL
risk_model.in_use boolean NOT NULL
risk_model.version bigint NOT NULL
risk_model.made_by bigint NOT NULL
risk_model.decided_by bigint NOT NULL
risk_model.reason text NOT NULL
risk_model.created_at bigint NOT NULL
risk_model.decided_at bigint NOT NULL
risk_model.salt bytea NOT NULL
CREATE UNIQUE INDEX risk_model_in_use ON public.risk_model USING btree (in_use) WHERE (in_use = true);
CREATE UNIQUE INDEX risk_model_pkey ON public.risk_model USING btree (id);
scorecard.name text NOT NULL
scorecard.spec text NOT NULL
scorecard.version bigint NOT NULL
scorecard.created_at bigint NOT NULL
scorecard.updated_at bigint NOT NULL
CREATE UNIQUE INDEX scorecard_pkey ON public.scorecard USING btree (name);
scorecard_result.service text NOT NULL
scorecard_result.card text NOT NULL
scorecard_result.day integer NOT NULL
scorecard_result.level integer NOT NULL
scorecard_result.passed integer NOT NULL
scorecard_result.counted integer NOT NULL
CREATE INDEX scorecard_result_day ON public.scorecard_result USING btree (day);
CREATE UNIQUE INDEX scorecard_result_pkey ON public.scorecard_result USING btree (service, card, day);
scorecard_round.id integer NOT NULL
scorecard_round.next_at bigint NOT NULL
scorecard_round.after text NOT NULL DEFAULT ''::text
scorecard_round.turn bigint NOT NULL DEFAULT 0
CREATE UNIQUE INDEX scorecard_round_pkey ON public.scorecard_round USING btree (id);
scorecard_state.service text NOT NULL
scorecard_state.card text NOT NULL
scorecard_state.level integer NOT NULL
scorecard_state.passed integer NOT NULL
scorecard_state.counted integer NOT NULL
scorecard_state.checks text NOT NULL
scorecard_state.at bigint NOT NULL
CREATE UNIQUE INDEX scorecard_state_pkey ON public.scorecard_state USING btree (service, card);
service.name text NOT NULL
service.title text NOT NULL
service.team text NOT NULL
service.tier integer NOT NULL
service.lifecycle text NOT NULL
service.promise text NOT NULL
service.links text NOT NULL
service.version bigint NOT NULL
service.created_at bigint NOT NULL
service.updated_at bigint NOT NULL
service.portfolio text NOT NULL DEFAULT '{}'::text
CREATE INDEX service_lifecycle ON public.service USING btree (lifecycle, name);
CREATE UNIQUE INDEX service_pkey ON public.service USING btree (name);
CREATE INDEX service_team ON public.service USING btree (team, name);
CREATE INDEX service_tier ON public.service USING btree (tier, name);
service_word.word text NOT NULL
service_word.service text NOT NULL
service_word.own boolean NOT NULL
CREATE UNIQUE INDEX service_word_pkey ON public.service_word USING btree (word);
CREATE INDEX service_word_service ON public.service_word USING btree (service, word);
setting.name text NOT NULL
setting.value text NOT NULL
CREATE UNIQUE INDEX setting_pkey ON public.setting USING btree (name);
silence.id bigint NOT NULL
silence.kind text NOT NULL
silence.matchers text NOT NULL
silence.starts_at bigint NOT NULL
silence.ends_at bigint NOT NULL
silence.author_id bigint NOT NULL
silence.comment text NOT NULL DEFAULT ''::text
silence.salt bytea NOT NULL
silence.created_at bigint NOT NULL
silence.expired_at bigint NOT NULL DEFAULT 0
silence.next_at bigint NOT NULL DEFAULT 0
silence.version bigint NOT NULL
CREATE INDEX silence_due ON public.silence USING btree (next_at) WHERE (next_at > 0);
CREATE INDEX silence_ends ON public.silence USING btree (ends_at, id);
CREATE UNIQUE INDEX silence_pkey ON public.silence USING btree (id);
team.name text NOT NULL
team.title text NOT NULL
team.description text NOT NULL
team.calendar text NOT NULL
team.war_room text NOT NULL
team.version bigint NOT NULL
team.created_at bigint NOT NULL
team.updated_at bigint NOT NULL
CREATE UNIQUE INDEX team_pkey ON public.team USING btree (name);
team_member.team text NOT NULL
team_member.person bigint NOT NULL
team_member.role text NOT NULL
CREATE INDEX team_member_person ON public.team_member USING btree (person, team);
CREATE UNIQUE INDEX team_member_pkey ON public.team_member USING btree (team, person);
watchdog.id integer NOT NULL
watchdog.looked_at bigint NOT NULL DEFAULT 0
watchdog.next_at bigint NOT NULL
watchdog.clean integer NOT NULL DEFAULT 0
watchdog.incident bigint NOT NULL DEFAULT 0
watchdog.findings text NOT NULL DEFAULT '[]'::text
CREATE UNIQUE INDEX watchdog_pkey ON public.watchdog USING btree (id);
