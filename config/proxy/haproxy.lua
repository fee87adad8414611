-- Asks zonemint whether a request may pass: the actions that haproxy.cfg uses. HAProxy 2.6 or later.
--
-- zonemint_take reads the credentials before haproxy.cfg removes their headers. zonemint_verify asks, and sets
-- txn.zonemint_status (0 without an answer) and the headers of zonemint's answer. Both yield; neither blocks the proxy.

-- The socket of the frontend zonemint_questions in haproxy.cfg.
local QUESTIONS = "abns@zonemint-questions"
-- The client's credentials, and from which page its browser sends the request: with Basic it sends stored credentials without
-- asking. Repeated headers go to zonemint unchanged: it refuses them.
local CREDENTIALS = { "authorization", "x-auth-token", "macaroon", "origin", "sec-fetch-site", "sec-fetch-mode" }
-- Which headers of the answer are kept, and in which variable.
local TOLD = {
  ["x-auth-subject"] = "subject",
  ["x-auth-user"] = "user",
  ["x-auth-token-id"] = "token_id",
  ["x-auth-scope"] = "scope",
  ["x-auth-groups"] = "groups",
  ["x-auth-reason"] = "reason",
  ["www-authenticate"] = "challenge",
}

-- Header lists of HAProxy count from 0, tables of Lua from 1.
local function values(list)
  local all = {}
  for at, value in pairs(list or {}) do
    all[at + 1] = value
  end
  return all
end

local function take(txn)
  local sent = txn.http:req_get_headers()
  local kept = {}
  for _, name in ipairs(CREDENTIALS) do
    local all = values(sent[name])
    if #all > 0 then
      kept[name] = all
    end
  end
  txn:set_priv(kept)
  if kept["x-auth-token"] then
    txn:set_var("txn.zonemint_x_auth_token", kept["x-auth-token"][1])
  end
end

local function verify(txn)
  txn:set_var("txn.zonemint_status", 0)
  local headers = txn:get_priv() or {}
  headers["host"] = { "zonemint" }
  -- For caveats about methods and paths, and for routes; the target unchanged.
  headers["x-forwarded-method"] = { txn.f:method() }
  headers["x-forwarded-uri"] = { txn.f:pathq() }
  -- For routes that name a host: bare, as haproxy.cfg has set it.
  headers["x-forwarded-host"] = { txn.f:req_fhdr("host") }
  -- For caveats about addresses.
  headers["x-forwarded-for"] = { txn.f:src() }
  local question = { url = "http://zonemint/auth/verify", dst = QUESTIONS, headers = headers, timeout = 10000 }
  local answer = core.httpclient():get(question)
  if not answer or not answer.status then
    return
  end
  for name, variable in pairs(TOLD) do
    local value = answer.headers and answer.headers[name] and answer.headers[name][0]
    if value and value ~= "" then
      txn:set_var("txn.zonemint_" .. variable, value)
    end
  end
  txn:set_var("txn.zonemint_status", answer.status)
end

core.register_action("zonemint_take", { "http-req" }, take, 0)
core.register_action("zonemint_verify", { "http-req" }, verify, 0)
