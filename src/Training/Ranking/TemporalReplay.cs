using System.Numerics.Tensors;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.SessionNeighbours;
using Recs.Training.Data;

namespace Recs.Training.Ranking;

/// <summary>
/// Plays the later part of a data set in order of time, and makes a page just before each chosen event: the session by
/// <see cref="SessionRules"/>, the counts by <see cref="ItemCounters"/>, candidates by the served sources, features by
/// the served assembler, all as of that moment. The model must come from the earlier part.
/// </summary>
internal sealed class TemporalReplay(
    EventColumns events, ItemCatalog catalog, RecommenderModel model, RecommenderOptions options, int seed)
{
    /// <summary>Parts played side by side, each with its own counters: fixed, so that results do not depend on the machine.</summary>
    private const int Parts = 4;

    /// <summary>Other candidates kept of a training page.</summary>
    public const int NegativesPerPage = 12;

    private readonly long[] _itemsCreated = new long[catalog.Count];

    /// <param name="chosen">Positions of events, ascending.</param>
    /// <param name="evaluateFrom">Pages of events at or past this position are judged: they keep what a served page would rank.</param>
    /// <param name="threads">Worker threads.</param>
    /// <param name="progress">Pages made so far.</param>
    /// <param name="cancellationToken">Stops between events.</param>
    public ReplayedPage[] Play(int[] chosen, int evaluateFrom, int threads, Action<int> progress, CancellationToken cancellationToken)
    {
        for (var item = 0; item < _itemsCreated.Length; item++)
            _itemsCreated[item] = catalog.Get(item)?.CreatedMs ?? 0;
        // An import makes bare items when it runs, long after their events: what was met was there.
        for (var e = 0; e < events.Count; e++)
            _itemsCreated[events.Item[e]] = Math.Min(_itemsCreated[events.Item[e]], events.AtMs[e]);
        var pages = new ReplayedPage[chosen.Length];
        var done = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Parts, threads), CancellationToken = cancellationToken };
        Parallel.For(0, Parts, parallel, part =>
        {
            foreach (var (index, page) in PlayPart(part, chosen, evaluateFrom, cancellationToken))
            {
                pages[index] = page;
                if (Interlocked.Increment(ref done) % 100 == 0)
                    progress(done);
            }
        });
        return pages;
    }

    private IEnumerable<(int Index, ReplayedPage Page)> PlayPart(int part, int[] chosen, int evaluateFrom, CancellationToken cancellationToken)
    {
        var mine = new Dictionary<int, UserReplay>();
        foreach (var e in chosen)
        {
            if (events.User[e] % Parts == part)
                mine.TryAdd(events.User[e], new UserReplay(events, catalog, options.Sessions, events.User[e]));
        }

        var counters = new ItemCounters();
        var visits = new SessionNeighbourIndex();
        var maker = new PageMaker(catalog, counters, visits, model, options, _itemsCreated);
        var next = 0;
        for (var e = 0; e < events.Count && next < chosen.Length; e++)
        {
            if (e == chosen[next])
            {
                if (mine.TryGetValue(events.User[e], out var user))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return (next, maker.Make(user.Session(), events, e, judged: e >= evaluateFrom, new Random(HashCode(e))));
                }

                next++;
            }

            if (mine.TryGetValue(events.User[e], out var other))
                other.Defer(e);
            counters.Count(events.Item[e], events.Type[e], events.AtMs[e], events.WeightOf(e));
            visits.Observe(
                SessionNeighbourSource.KeyOf(events.UserIds[events.User[e]]), events.Item[e], events.Type[e], events.AtMs[e], events.WeightOf(e));
        }
    }

    // HashCode.Combine differs from run to run; this does not.
    private int HashCode(int e) => unchecked((int)(((ulong)(uint)seed << 32 | (uint)e) * 0x9E3779B97F4A7C15 >> 33));

    /// <summary>One user's session, brought up to date when it is asked for.</summary>
    private sealed class UserReplay(EventColumns events, ItemCatalog catalog, SessionOptions options, int user)
    {
        private readonly SessionRules _rules = new(catalog, options);
        private readonly List<LoggedEvent> _deferred = [];
        private UserSession _session = UserSession.Empty(events.UserIds[user]);
        private long _sequence;

        public void Defer(int e) => _deferred.Add(new LoggedEvent
        {
            UserId = events.UserIds[user],
            Sequence = ++_sequence,
            ItemId = catalog.IdOf(events.Item[e]),
            Type = events.Type[e],
            AtMs = events.AtMs[e],
            Weight = events.WeightOf(e),
        });

        public UserSession Session()
        {
            _session = _rules.Replay(_session, _deferred);
            _deferred.Clear();
            return _session;
        }
    }
}
