
namespace Recs.Cluster.Tests.Chaos;

/// <summary>Looks what became of a load's users.</summary>
internal static class RunEnd
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until the outboxes are empty and the published events are taken, and writes down what is there.</summary>
    /// <param name="patience">What is not there by then counts as lost.</param>
    public static async Task CollectAsync(
        RunHistory history, IEnumerable<string> users, IRecommender recommender, IGrainFactory grains, string artifacts, TimeSpan patience, TimeProvider time)
    {
        using var until = new CancellationTokenSource(patience, time);
        var acknowledged = history.Acknowledged.GroupBy(a => a.User).ToDictionary(g => g.Key, g => g.Sum(a => a.EventIds.Length));
        var sequences = new Dictionary<string, long>();
        foreach (var user in users)
        {
            // Published events come when the stream brings them: what the profile counts may be newer than what the outbox
            // was emptied of, unless the count was the same before.
            long? before = null;
            while (true)
            {
                var reached = await SequenceAsync(user, recommender, grains);
                sequences[user] = reached ?? 0;
                if ((reached == before && reached >= acknowledged.GetValueOrDefault(user)) || until.IsCancellationRequested)
                    break;
                if (reached == before)
                    await Task.Delay(Pause, time);
                before = reached;
            }
        }

        var log = ReadLog(artifacts);
        history.Ends.AddRange(sequences.Select(s => new UserEnd(s.Key, s.Value, log.TryGetValue(s.Key, out var events) ? events : [])));
    }

    // Null: it could not be asked.
    private static async Task<long?> SequenceAsync(string user, IRecommender recommender, IGrainFactory grains)
    {
        try
        {
            await grains.GetGrain<IUserGrain>(user).DrainAsync();
            return (await recommender.ProfileAsync(user))?.Sequence ?? 0;
        }
        catch (Exception e) when (e is RecommenderException or RefusalException or TimeoutException or Orleans.Runtime.OrleansException)
        {
            return null;
        }
    }

    private static Dictionary<string, List<(long Sequence, string EventId)>> ReadLog(string artifacts)
    {
        var users = new Dictionary<string, List<(long, string)>>();
        foreach (var e in LogReader.Events(artifacts))
        {
            if (!users.TryGetValue(e.UserId, out var events))
                users[e.UserId] = events = [];
            events.Add((e.Sequence, e.RequestId ?? ""));
        }

        return users;
    }
}
