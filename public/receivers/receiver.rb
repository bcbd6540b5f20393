# Receives the events of a Hookbell webhook. Ruby 2.7 or newer, no gems:
#   HOOKBELL_SECRET=… HOOKBELL_SIGNING_SECRET=whsec_… ruby receiver.rb
# In Rails, Sinatra or Rack, take `store` and `refusal` and give them the headers and `request.body.read`.
require 'json'
require 'openssl'
require 'socket'
require 'timeout'

SECRET = ENV.fetch('HOOKBELL_SECRET')
KEY = ENV.fetch('HOOKBELL_SIGNING_SECRET').delete_prefix('whsec_').unpack1('m0')
TOLERANCE = 5 * 60 # seconds between their clock and ours
LARGEST = 1024 * 1024 # bytes

# webhook-id is the idempotency key: an event may come twice, with the same id. Store it here under its id (a row
# with a unique id, a queue), skip it if it is there already, and do the work later: the answer must come fast.
def store(id, type, event)
  puts "#{id} #{type} #{JSON.generate(event)}"
end

# Takes the body as the bytes that came: JSON that was parsed and written again would not match its signature.
def refusal(headers, body)
  # In constant time, as below.
  return 'wrong X-Secret-Key' unless OpenSSL.secure_compare(headers['x-secret-key'].to_s, SECRET)

  id, timestamp = headers.values_at('webhook-id', 'webhook-timestamp').map(&:to_s)
  is_now = timestamp.match?(/\A\d+\z/) && (Time.now.to_i - timestamp.to_i).abs <= TOLERANCE
  return 'webhook-timestamp is not of now' unless is_now

  right = 'v1,' + [OpenSSL::HMAC.digest('SHA256', KEY, "#{id}.#{timestamp}.".b + body)].pack('m0')
  # While a signing secret is being rotated there are two signatures, with a space between.
  signatures = headers['webhook-signature'].to_s.split(' ')
  signatures.any? { |one| OpenSSL.secure_compare(one, right) } ? nil : 'wrong webhook-signature'
end

def receive(method, headers, socket)
  return 405 unless method == 'POST'

  length = headers['content-length'].to_i
  return 413 if length > LARGEST

  body = socket.read(length).to_s
  if (reason = refusal(headers, body))
    warn "refused: #{reason}"
    return 401
  end
  store(headers['webhook-id'], headers['x-hookbell-event'], JSON.parse(body))
  204
end

# As much of HTTP as a webhook needs; in production, the server of your framework does this.
def serve(socket)
  Timeout.timeout(30) do
    method = socket.gets("\n", 8192).to_s.split.first
    headers = {}
    while (line = socket.gets("\n", 8192)) && line != "\r\n" && headers.size < 100
      name, value = line.split(':', 2)
      headers[name.downcase] = value.to_s.strip
    end
    status = receive(method, headers, socket)
    socket.write("HTTP/1.1 #{status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
  end
rescue StandardError => e
  warn e.message
ensure
  socket.close
end

$stdout.sync = true
host = ENV.fetch('HOST', '127.0.0.1')
server = TCPServer.new(host, Integer(ENV.fetch('PORT', '8000')))
puts "listening on http://#{host}:#{server.addr[1]}"
loop { Thread.new(server.accept) { |socket| serve(socket) } }
