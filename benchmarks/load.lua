-- Sends each body of a file once, checks every answer, and ends wrk after the last answer.
-- wrk -t1 -c N -d 3600 -s load.lua URL -- FILE CONTENT_TYPE COUNT

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long tv_sec; long tv_nsec; } timespec;
  int clock_gettime(int clock, timespec *time);
  int getpid(void);
  int kill(int pid, int signal);
]])

local MONOTONIC, SIGINT = 1, 2
local WAITING_MS = 3600 * 1000
local moment = ffi.new("timespec")

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.tv_sec) + tonumber(moment.tv_nsec) / 1e9
end

local the_thread

function setup(thread)
  the_thread = thread
end

function init(arguments)
  file = io.open(arguments[1], "rb")
  headers = { ["Content-Type"] = arguments[2] }
  expected = tonumber(arguments[3])
  asked, sent, answered, succeeded, refused, seconds = 0, 0, 0, 0, 0, 0
  example = ""
  tried = false
end

-- A connection calls this before each request. A connection without a body left to send waits for
-- the end, because any other request would take time from the requests that are still open.
function delay()
  asked = asked + 1
  return asked > expected and WAITING_MS or 0
end

function request()
  -- wrk calls this once without sending the result, to detect the kind of the script.
  if not tried then
    tried = true
    return wrk.format("GET", "/health")
  end
  if sent == 0 then
    started = now()
  end
  sent = sent + 1
  local size = tonumber(file:read(8), 16)
  return wrk.format("POST", "/api/executions", headers, file:read(size))
end

function response(status, _, body)
  if status == 200 and body:find('"success":true', 1, true) then
    succeeded = succeeded + 1
  else
    refused = refused + 1
    example = status .. " " .. body:sub(1, 300):gsub('[%c"\\]', " ")
  end
  answered = answered + 1
  if answered == expected then
    seconds = now() - started
    ffi.C.kill(ffi.C.getpid(), SIGINT)
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '\nRESULT {"seconds":%.6f,"succeeded":%d,"refused":%d,"broken":%d,"example":"%s",'
      .. '"p50_ms":%.3f,"p99_ms":%.3f}',
    the_thread:get("seconds"), the_thread:get("succeeded"), the_thread:get("refused"),
    errors.connect + errors.read + errors.write + errors.timeout, the_thread:get("example"),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000
  ))
end
