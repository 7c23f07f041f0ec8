-- What every contender is asked: JSON-RPC over POST, no two bodies alike, so that nothing can be shared or cached.
--
--   wrk -s load.lua URL -- SIZE SEED NETWORKS
--
-- SIZE: small (eth_call, a 168 B answer), large (eth_getLogs, a 200 KB answer), or mixed (one large in twenty).
-- NETWORKS: 0 posts to the URL's own path; N posts to /n0 ... /nN-1 in turn.
-- Prints one line of numbers for the bench to read: requests, seconds, errors, then microseconds p50, p99, max.

local number, size, networks, heads = 0, "small", 0, {}
local zeros = string.rep("0", 54)

-- The parts of each body around its two ten-digit numbers: the id, and the end of a 32-byte word.
local bodies = {
  small = {
    '{"jsonrpc":"2.0","id":',
    ',"method":"eth_call","params":[{"to":"0xdac17f958d2ee523a2206206994597c13d831ec7","data":"0x70a08231' .. zeros,
    '"},"latest"]}',
  },
  large = {
    '{"jsonrpc":"2.0","id":',
    ',"method":"eth_getLogs","params":[{"address":"0xdac17f958d2ee523a2206206994597c13d831ec7",'
      .. '"fromBlock":"0x1312c00","toBlock":"0x1312d00","topics":["0x' .. zeros,
    '"]}]}',
  },
}

local function head(path, body)
  return "POST " .. path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nContent-Type: application/json\r\nContent-Length: "
    .. #table.concat(body) + 20 .. "\r\n\r\n" .. body[1]
end

function init(arguments)
  size = arguments[1]
  number = 1000000000 + tonumber(arguments[2]) * 1000000
  networks = tonumber(arguments[3])
  for name, body in pairs(bodies) do
    heads[name] = {}
    if networks == 0 then heads[name][0] = head(wrk.path, body) end
    for index = 0, networks - 1 do heads[name][index] = head("/n" .. index, body) end
  end
end

function request()
  number = number + 1
  local name = size
  if size == "mixed" then name = number % 20 == 0 and "large" or "small" end
  local network = networks == 0 and 0 or number % networks
  local body = bodies[name]
  return heads[name][network] .. number .. body[2] .. number .. body[3]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("bench %d %.6f %d %d %d %d\n", summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
