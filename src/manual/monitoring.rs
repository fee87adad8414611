//! What a server measures, how Prometheus reads it, and what to do when it calls.
//!
//! `GET /metrics` tells how the node does that is asked: in Prometheus's text format, or in OpenMetrics for who accepts it. It
//! tells numbers only, and no names of users, tokens or addresses. In `config/monitoring` are
//!
//! | file | what |
//! |---|---|
//! | `prometheus.yaml` | what Prometheus scrapes, and how; to be used as it is, or taken over in parts |
//! | `alerts.yaml` | the alerts below, and three values that are computed for them and for the dashboard |
//! | `alerts.test.yaml` | tests of the alerts, for `promtool test rules`: change them together |
//! | `grafana.json` | a dashboard for Grafana 10 or later, for one node or many: import it and choose the data source |
//!
//! Tests run the first three with Prometheus 2.42 (Debian 12's), and compare every metric and label in all of them with what a
//! server answers. No Grafana has opened the dashboard in a test.
//!
//! # Letting Prometheus in
//!
//! Whoever asks from an address in `metrics.networks` needs no credentials. As it comes that is the node's own machine; for a
//! Prometheus elsewhere list its address, as in `networks = ["192.0.2.7"]`. What comes by way of a proxy counts as from where the
//! proxy says, if it is listed in `http.trusted_proxies`, and as from elsewhere if not; what a web page has a browser ask never
//! counts as near. A proxy on the node's machine that writes no header of who asked it, or that passes connections on as they
//! are, cannot be told from a program there: beside such a one write `networks = []`.
//!
//! Where addresses change, let Prometheus show a token. Whose it is needs the privilege `zm_metrics_view`, and no other:
//!
//! ```sh
//! umask 077
//! zonemint user add prometheus --password-stdin < password
//! zonemint user grant prometheus zm_metrics_view
//! ONEZONE_BASIC_AUTH="prometheus:$(cat password)" zonemint tokens create scraping --host zone.example.org:8443 \
//!   --ttl 90d --api ozw/get/metrics.null.instance:private > zonemint.token
//! curl -s -H "X-Auth-Token: $(cat zonemint.token)" https://zone.example.org:8443/metrics
//! ```
//!
//! That token reads the metrics and does nothing else. `credentials_file` in `prometheus.yaml` names the file that holds it; take
//! the comment signs off there. Tokens end: put the next one into the same file before. Certificates are verified: `ca_file` is the
//! authority's, or `certs/cert.pem` where zonemint made its own.
//!
//! Each node is scraped by itself and not through the balancer: counters are each node's own. They begin at 0 when it starts,
//! which `rate` and `increase` see through.
//!
//! # Metrics
//!
//! **Tokens and logins**
//!
//! | metric | what |
//! |---|---|
//! | `zonemint_tokens_minted_total` | tokens made; `kind` is `client`, `named` or `temporary` |
//! | `zonemint_token_verifications_total` | tokens judged, wherever they were shown. `result` is `valid`, or why not: `malformed`, `unknown` (no such token), `signature`, `kind` (one of another kind was wanted), `revoked`, `caveat` (it does not allow this use), `subject` (it names somebody else than the store does); or `unavailable`: the store had to be asked and did not answer |
//! | `zonemint_tokens_too_long` | good tokens that live too long, of all nodes together. `life` is `endless`, or `over_long`: longer than `token.max_named_ttl`, or than 365 days where that is `none` |
//! | `zonemint_tokens_ending` | good tokens that end soon, of all nodes together, but for those that were made to live no longer than that. `within` is `1d`, `7d` or `30d`; what ends within a day is counted within the others, too |
//! | `zonemint_logins_total` | names and passwords judged. `result` is `verified` (hashed, and right), `remembered` (right, as a moment ago, see `login.remember`, or as in an equal attempt at the same time), `refused` (wrong, unknown or blocked), `limited` (429: too many attempts from its address, or on its account), `overloaded` (503: too many wait) or `unavailable` (the store did not answer) |
//! | `zonemint_password_hash_duration_seconds` | histogram: the time that hashing takes, without waiting |
//! | `zonemint_password_hash_queue_length`, `zonemint_password_hash_queue_limit` | passwords that wait for a thread, and how many may (`password.queue`) |
//!
//! The two metrics about the lives of tokens need a look at every token. The server takes it in small steps (`store.purge`), as it
//! deletes what has expired, and rests for an hour: a scrape reads no token, and tells what was counted last. Until all were counted
//! once after a start, the two are missing.
//!
//! **Store and change feed**
//!
//! | metric | what |
//! |---|---|
//! | `zonemint_store_commit_duration_seconds` | histogram: the time of a transaction, to the disk |
//! | `zonemint_store_commit_operations` | histogram: operations that were committed together |
//! | `zonemint_store_commit_failures_total` | transactions that were given up: nothing of them is stored |
//! | `zonemint_store_queue_length`, `zonemint_store_queue_limit` | operations that wait for a transaction, and how many may |
//! | `zonemint_feed_changes_total` | changes that were read from the feed, the node's own among them |
//! | `zonemint_feed_lag_seconds`, `zonemint_feed_lag_limit_seconds` | time since a look at the feed began that found its end; and beyond which nothing remembered is believed (`token.max_staleness`) |
//! | `zonemint_feed_forgotten_total` | how often everything remembered was dropped. `reason` is `put_back` (changes that were read are gone from the store), `other_server` (another database server answers, or a promoted one), `reconnected` (the feed is followed on a new connection), `unhashed` (a program of an earlier version has taken over a chain) or `missed` (changes were purged before they were read) |
//! | `zonemint_clock_skew_seconds`, `zonemint_clock_skew_limit_seconds` | how far this node's clock is ahead of the database's (negative: behind), where nodes share one; and beyond which nothing is minted (`store.max_clock_skew`; 0 for no limit) |
//! | `zonemint_clock_distrust_seconds` | how far the system's clock is ahead of the time that is gone by instead (negative: behind, also where a step back of more than 5 s is followed); 0 while it is believed |
//! | `zonemint_store_lost_rows_total` | audit rows of this node that were acknowledged, and that the store was found to have lost |
//! | `zonemint_cache_lookups_total` | look-ups in what is remembered of the store; `cache` is `tokens`, `generations`, `signed_texts` (texts of tokens whose signature was verified), `users` or `credentials` (verified passwords), `outcome` is `hit` or `miss` |
//! | `zonemint_cache_entries` | what is remembered, by `cache` |
//!
//! **Connections and answers**
//!
//! | metric | what |
//! |---|---|
//! | `zonemint_connections` | open connections, their handshake done |
//! | `zonemint_connections_accepted_total` | connections that were let in |
//! | `zonemint_connections_failed_total` | those that were not. `reason` is `limit` (`server.max_connections` are open), `address` (`server.max_connections_per_address` of its address are open), `descriptors` (no file descriptor was left), `timeout` (`server.handshake_timeout` is over), `plain` (it did not speak TLS), `validation` (an authority looked at a name, for a certificate) or `handshake` (that failed) |
//! | `zonemint_http_responses_total` | answers, by status `code`: those that were given at least once |
//! | `zonemint_http_request_duration_seconds` | histogram: from a request's head to its answer's |
//! | `zonemint_certificate_not_after_timestamp_seconds` | when the certificate in force ends, in Unix time |
//!
//! **The process**, by the names that Prometheus's own libraries use; all but the first are missing where `/proc` is
//!
//! | metric | what |
//! |---|---|
//! | `zonemint_build_info` | 1, with the `version` |
//! | `process_start_time_seconds` | when it was started, in Unix time |
//! | `process_resident_memory_bytes`, `process_cpu_seconds_total` | memory and processor time |
//! | `zonemint_task_panics_total` | panics of tasks that run beside requests, by `task` |
//! | `process_open_fds`, `process_max_fds` | file descriptors, and how many it may have |
//!
//! # Alerts
//!
//! *Critical* is for now, whatever the hour: tokens are refused or not made, or soon will be. A *warning* is for the working day.
//! Each alert's text says what to do first; here is the whole of it.
//!
//! | alert | | when | what to do first |
//! |---|---|---|---|
//! | `ZonemintDown` | critical | Prometheus cannot scrape for 2 minutes | see why at Prometheus's page `/targets`; then whether the process runs, and its log |
//! | `ZonemintUnwatched` | warning | there is no target at all for 10 minutes | `scrape_configs`: nothing else here can call |
//! | `ZonemintRestarts` | critical | started three times within half an hour | the log before each start; the system's, for the out-of-memory killer |
//! | `ZonemintFileDescriptorsNearLimit` | warning | 80 % in use for 5 minutes | raise the limit above `server.max_connections`; who holds connections? |
//! | `ZonemintMemoryGrows` | warning | above 1 GiB, and a fifth more than 6 hours ago | compare with connections and caches, which are bounded |
//! | `ZonemintServerErrors` | critical | 5 % of answers are 5xx for 5 minutes | which part it is, other alerts say; or the log's lines of level `error` |
//! | `ZonemintVerificationsUnavailable` | critical | 1 % of verifications cannot be decided for 2 minutes | does the database answer, is the disk full? |
//! | `ZonemintConnectionsRefused` | warning | connections are closed at a limit: by `reason`, that of all, of one address, or of file descriptors | who holds them? Is a proxy missing in `http.trusted_proxies`? Else raise the limit |
//! | `ZonemintLoginsOverloaded` | warning | logins are answered 503, because too many wait | is it an attack (refused ones grow)? Otherwise tokens instead of passwords |
//! | `ZonemintHashQueueNearLimit` | warning | half of `password.queue` waits for 2 minutes | as above |
//! | `ZonemintLoginsUnavailable` | critical | 1 % of logins cannot be decided for 2 minutes | does the database answer, is the disk full? |
//! | `ZonemintLoginsRefused` | warning | more than one login a second is refused for 5 minutes, and more than half of all | `zonemint audit tail` names accounts, the log addresses: block these in front |
//! | `ZonemintFeedLags` | warning | the feed's lag is beyond half of its limit for a minute | is the database slow, or the way to it? |
//! | `ZonemintFeedLost` | critical | the lag is beyond the limit for 30 seconds: nothing remembered is believed | does the database answer from this machine? The log says why not |
//! | `ZonemintClockRefused` | critical | the clock of a node is further from the database's than `store.max_clock_skew` | the node mints nothing: set its clock right, or the database's when all nodes say so |
//! | `ZonemintClockWrong` | warning | the clock of a node is more than 3 s from the database's for a minute | look at NTP on that node, or on the database's machine when all nodes say so |
//! | `ZonemintClockNotBelieved` | critical | the system's clock has stepped back by more than 60 s for a minute | [which time is gone by](super::administrators) |
//! | `ZonemintTaskPanicked` | warning | a task that runs beside requests has panicked | the log's line `a task panicked`: report it, with `at`, which says where. A text that may hold secrets is not shown |
//! | `ZonemintStorePutBack` | critical | changes that were read, or acknowledged rows of the node, are gone from the store | revoke again what was revoked in that time: [what is lost](super::shared_store) |
//! | `ZonemintCommitsFail` | critical | commits go on failing for 5 minutes; a failover does not call | a full or read-only disk, here or at the database |
//! | `ZonemintCommitsSlow` | warning | p99 above half a second for 10 minutes | what else is the disk busy with? The standby, locks |
//! | `ZonemintStoreQueueNearLimit` | warning | the store's queue is half full for a minute | slow commits, or very many mints: of whom? |
//! | `ZonemintCertificateEndsSoon` | warning | less than 21 days are left | why was it not renewed? A new pair is taken up by itself |
//! | `ZonemintCertificateEndsNow` | critical | less than 3 days are left | renew it by hand |
//! | `ZonemintCertificateEnded` | critical | it has ended, while Prometheus still has a connection from before | the same; from its next connection on Prometheus says only that the node is down |
//!
//! Thresholds are for a node of which nothing is known. Change them as you learn what is usual with yours, and their tests with
//! them.
