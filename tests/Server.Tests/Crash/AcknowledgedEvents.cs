using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Recs.Engine.Embedded;

namespace Recs.Server.Tests.Crash;

/// <summary>
/// What producers were told, against what the log holds. The invariant: every acknowledged event is in the log once, at
/// the sequence its receipt promised at most; sequences per user have no gap and no repeat; nothing is there that was
/// never sent.
/// </summary>
internal sealed class AcknowledgedEvents
{
    private readonly ConcurrentDictionary<(string User, string Event), long> _acknowledged = new();
    private readonly ConcurrentDictionary<(string User, string Event), byte> _sent = new();

    public int Count => _acknowledged.Count;

    /// <summary>Posts a batch; remembers it as acknowledged only when the receipt came.</summary>
    public async Task PostAsync(HttpClient client, IReadOnlyList<(string User, string Item, string Event)> events)
    {
        foreach (var (user, _, id) in events)
            _sent.TryAdd((user, id), 0);
        using var response = await client.PostAsJsonAsync(
            "/v1/events", events.Select(e => new { userId = e.User, itemId = e.Item, type = "click", eventId = e.Event }));
        response.EnsureSuccessStatusCode();
        var receipt = await response.Content.ReadFromJsonAsync<JsonElement>();
        foreach (var (user, _, id) in events)
            _acknowledged.TryAdd((user, id), receipt.GetProperty("sequences").GetProperty(user).GetInt64());
    }

    /// <summary>Every way in which the folder breaks the invariant; empty when it holds.</summary>
    public IReadOnlyList<string> Violations(string data)
    {
        var problems = new List<string>();
        var hashes = new Dictionary<(string, ulong), (string, string)>();
        foreach (var key in _sent.Keys)
            hashes[(key.User, XxHash64.OfEventId(key.Event))] = key;

        var logged = new Dictionary<(string User, string Event), long>();
        var next = new Dictionary<string, long>();
        foreach (var record in SegmentedLog.ReadFolder(DataFolder.Events(data)))
        {
            if (LogEntryCodec.Decode(record.Payload.Span) is not LogEntry.Events batch)
                continue;
            foreach (var e in batch.Accepted)
            {
                var expected = next.GetValueOrDefault(e.UserId, 1);
                if (e.Sequence != expected)
                    problems.Add($"{e.UserId}: sequence {e.Sequence} where {expected} was next");
                next[e.UserId] = e.Sequence + 1;
                if (!hashes.TryGetValue((e.UserId, e.EventIdHash), out var key))
                    problems.Add($"{e.UserId} #{e.Sequence} was never sent");
                else if (!logged.TryAdd(key, e.Sequence))
                    problems.Add($"{key} is in the log twice");
            }
        }

        foreach (var (key, sequence) in _acknowledged)
        {
            if (!logged.TryGetValue(key, out var at))
                problems.Add($"{key} was acknowledged and is lost");
            else if (at > sequence)
                problems.Add($"{key} was promised at {sequence} and is at {at}");
        }

        return problems;
    }
}
