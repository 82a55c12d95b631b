using System.Globalization;

namespace Recs.Cluster.Tests.Chaos;

/// <summary>How much is asked of a cluster, and how fast.</summary>
internal sealed record LoadOptions
{
    public required int Seed { get; init; }

    public required IReadOnlyList<string> ItemIds { get; init; }

    /// <summary>Each is written to and asked for by one loop of its own.</summary>
    public int Users { get; init; } = 24;

    /// <summary>Of these users the events are published to the stream.</summary>
    public int PublishingUsers { get; init; }

    /// <summary>Mean pause between two batches of one to three events of a user.</summary>
    public TimeSpan EventPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Mean pause between two pages of a user.</summary>
    public TimeSpan PagePause { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan PageDeadline { get; init; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>
/// A steady, seeded load: events with ids, sent again until their receipt comes as a producer would, and pages that must
/// show them. Everything is written down in a <see cref="RunHistory"/>.
/// </summary>
internal sealed class Load(IRecommender recommender, IGrainFactory grains, LoadOptions options, RunHistory history, TimeProvider time)
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly long _started = time.GetTimestamp();
    private readonly long[] _reached = new long[options.Users];

    public TimeSpan Now => time.GetElapsedTime(_started);

    public IEnumerable<string> UserIds => Enumerable.Range(0, options.Users).Select(UserId).Concat(Enumerable.Range(0, options.PublishingUsers).Select(PublisherId));

    /// <summary>Runs until told to stop; then what was sent is still sent again until it is acknowledged.</summary>
    /// <param name="stop">No new batch and no new page.</param>
    /// <param name="giveUp">No receipt comes any more.</param>
    public Task RunAsync(CancellationToken stop, CancellationToken giveUp) => Task.WhenAll(
    [
        .. Enumerable.Range(0, options.Users).Select(u => Task.Run(() => ObserveAsync(u, stop, giveUp), CancellationToken.None)),
        .. Enumerable.Range(0, options.Users).Select(u => Task.Run(() => AskAsync(u, stop), CancellationToken.None)),
        .. Enumerable.Range(0, options.PublishingUsers).Select(u => Task.Run(() => PublishAsync(u, stop, giveUp), CancellationToken.None)),
    ]);

    private Task ObserveAsync(int user, CancellationToken stop, CancellationToken giveUp) => WriteAsync(
        UserId(user),
        3 * user,
        options.EventPause,
        async events =>
        {
            var receipt = await recommender.ObserveAsync(events, cancellationToken: giveUp);
            var sequence = receipt.Sequences[events[0].UserId];
            Interlocked.Exchange(ref _reached[user], sequence);
            return sequence;
        },
        stop,
        giveUp);

    private Task PublishAsync(int user, CancellationToken stop, CancellationToken giveUp) => WriteAsync(
        PublisherId(user),
        3 * user + 1,
        options.EventPause,
        async events =>
        {
            await grains.GetGrain<IIntakeGrain>(0).PublishAsync(events);
            return null;
        },
        stop,
        giveUp);

    private async Task WriteAsync(
        string userId, int seed, TimeSpan pause, Func<Interaction[], Task<long?>> send, CancellationToken stop, CancellationToken giveUp)
    {
        var random = new Random(options.Seed * 1_000 + seed);
        for (var n = 0; !stop.IsCancellationRequested;)
        {
            var events = new Interaction[random.Next(1, 4)];
            for (var i = 0; i < events.Length; i++, n++)
                events[i] = Event(userId, n, options.ItemIds[random.Next(options.ItemIds.Count)]);
            await SendUntilAcknowledgedAsync(userId, events, send, giveUp);
            await PauseAsync(pause * (2 * random.NextDouble()), stop);
        }
    }

    private async Task SendUntilAcknowledgedAsync(string userId, Interaction[] events, Func<Interaction[], Task<long?>> send, CancellationToken giveUp)
    {
        var ids = Array.ConvertAll(events, e => e.EventId!);
        while (!giveUp.IsCancellationRequested)
        {
            try
            {
                var sequence = await send(events);
                history.Add(new Acknowledgement(Now, userId, ids, sequence));
                return;
            }
            catch (Exception e) when (IsOfTheCluster(e))
            {
                history.Add(new FailedCall(Now, "events", e.Message));
                await PauseAsync(PauseAfterFailure, giveUp);
            }
            catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
            {
                // Nobody will know.
            }
        }

        history.AddUnacknowledged(userId, ids);
    }

    private async Task AskAsync(int user, CancellationToken stop)
    {
        var random = new Random(options.Seed * 1_000 + 3 * user + 2);
        while (!stop.IsCancellationRequested)
        {
            var after = Interlocked.Read(ref _reached[user]);
            var at = Now;
            try
            {
                var page = await recommender.RecommendAsync(
                    new PageRequest { UserId = UserId(user), Count = 10, After = after > 0 ? after : null, Deadline = options.PageDeadline }, CancellationToken.None);
                history.Add(new SeenPage(at, UserId(user), after, page.Sequence, [.. page.Degraded], Now - at, options.PageDeadline));
            }
            catch (Exception e) when (IsOfTheCluster(e))
            {
                history.Add(new SeenPage(at, UserId(user), after, 0, [], Now - at, options.PageDeadline, e.Message));
            }

            await PauseAsync(options.PagePause * (2 * random.NextDouble()), stop);
        }
    }

    // The id is the request id as well, so that it can be read in the log, which keeps only a hash of the other.
    private static Interaction Event(string userId, int n, string itemId)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{userId}:{n}");
        return new Interaction { UserId = userId, ItemId = itemId, Type = InteractionType.Click, EventId = id, RequestId = id };
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stop) =>
        await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static bool IsOfTheCluster(Exception e) =>
        e is RecommenderException or OutcomeUnknownException or RefusalException or TimeoutException or Orleans.Runtime.OrleansException;

    private string UserId(int user) => string.Create(CultureInfo.InvariantCulture, $"load-{options.Seed}-{user}");

    private string PublisherId(int user) => string.Create(CultureInfo.InvariantCulture, $"stream-{options.Seed}-{user}");
}
