<?php
// Receives the events of a Hookbell webhook. PHP 8.0 or newer, no packages; behind any web server, or to try it:
//   HOOKBELL_SECRET=… HOOKBELL_SIGNING_SECRET=whsec_… php -S 127.0.0.1:8000 receiver.php
declare(strict_types=1);

const TOLERANCE = 5 * 60; // seconds between their clock and ours
const LARGEST = 1024 * 1024; // bytes

// webhook-id is the idempotency key: an event may come twice, with the same id. Store it here under its id (a row
// with a unique id, a queue), skip it if it is there already, and do the work later: the answer must come fast.
function store(string $id, string $type, array $event): void
{
    error_log("$id $type " . json_encode($event));
}

// Takes the body as the bytes that came: JSON that was parsed and written again would not match its signature.
function refusal(string $body): ?string
{
    $secret = required('HOOKBELL_SECRET');
    $key = base64_decode(preg_replace('/^whsec_/', '', required('HOOKBELL_SIGNING_SECRET')));
    // In constant time, as below.
    if (!hash_equals($secret, header_of('X_SECRET_KEY'))) {
        return 'wrong X-Secret-Key';
    }
    $timestamp = header_of('WEBHOOK_TIMESTAMP');
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE) {
        return 'webhook-timestamp is not of now';
    }
    $signed = header_of('WEBHOOK_ID') . ".$timestamp.$body";
    $right = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    // While a signing secret is being rotated there are two signatures, with a space between.
    foreach (explode(' ', header_of('WEBHOOK_SIGNATURE')) as $one) {
        if (hash_equals($right, $one)) {
            return null;
        }
    }
    return 'wrong webhook-signature';
}

function header_of(string $name): string
{
    return $_SERVER["HTTP_$name"] ?? '';
}

function required(string $name): string
{
    $value = getenv($name);
    if ($value === false || $value === '') {
        http_response_code(500);
        exit("Set $name");
    }
    return $value;
}

function receive(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        return 405;
    }
    $body = file_get_contents('php://input', false, null, 0, LARGEST + 1);
    if (strlen($body) > LARGEST) {
        return 413;
    }
    $reason = refusal($body);
    if ($reason !== null) {
        error_log("refused: $reason");
        return 401;
    }
    store(header_of('WEBHOOK_ID'), header_of('X_HOOKBELL_EVENT'), json_decode($body, true, 512, JSON_THROW_ON_ERROR));
    return 204;
}

http_response_code(receive());
