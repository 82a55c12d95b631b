using Recs.Engine.Embedded;

namespace Recs.Training.Data;

/// <summary>
/// The accepted events of a data folder by column, in order of time (events of one time in the log's order), with
/// merged guests' events under the user they were merged into. 29 bytes an event. Immutable.
/// </summary>
public sealed class EventColumns
{
    private EventColumns(string[] userIds, int[] user, int[] item, InteractionType[] type, double[] weight, long[] atMs, long nextOrdinal)
    {
        UserIds = userIds;
        User = user;
        Item = item;
        Type = type;
        Weight = weight;
        AtMs = atMs;
        NextOrdinal = nextOrdinal;
    }

    /// <summary>User ids by user number.</summary>
    public string[] UserIds { get; }

    public int Count => User.Length;

    public int[] User { get; }

    /// <summary>Item numbers of the catalogue that the events were read with.</summary>
    public int[] Item { get; }

    public InteractionType[] Type { get; }

    /// <summary>NaN where the event has none.</summary>
    public double[] Weight { get; }

    public long[] AtMs { get; }

    /// <summary>First record of the event log that is not here; of a log in partitions, the sum of theirs.</summary>
    public long NextOrdinal { get; }

    public double? WeightOf(int e) => double.IsNaN(Weight[e]) ? null : Weight[e];

    /// <summary>Implicit-feedback strength; see <see cref="Feedback.Strength"/>.</summary>
    public float StrengthOf(int e) => Feedback.Strength(Type[e], WeightOf(e));

    /// <summary>
    /// Reads the event log of a data folder, or all of its partitions, which a host may be writing, up to its present end. Items new to the
    /// catalogue get numbers; events on items beyond its capacity are left out.
    /// </summary>
    /// <exception cref="RecommenderException">NotFound: the folder has no event log.</exception>
    public static EventColumns Read(
        string dataDirectory, ItemCatalog catalog, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var directory = DataFolder.Events(dataDirectory);
        if (!Directory.Exists(directory))
            throw new RecommenderException(RefusalKind.NotFound, $"'{dataDirectory}' is no data folder: it has no event log ({directory}).");
        var builder = new Builder(catalog);
        foreach (var log in DataFolder.EventLogs(dataDirectory))
        {
            builder.BeginLog();
            foreach (var record in SegmentedLog.ReadFolder(log))
            {
                cancellationToken.ThrowIfCancellationRequested();
                builder.Add(record);
                if (record.Ordinal % 1_000 == 0)
                    progress?.Invoke(builder.Count);
            }
        }

        return builder.Build();
    }

    /// <summary>The events before a position, as if the others had not happened yet; the users stay numbered as they are.</summary>
    public EventColumns Before(int end) =>
        new(UserIds, User[..end], Item[..end], Type[..end], Weight[..end], AtMs[..end], NextOrdinal);

    /// <summary>The events at some positions, as if there were no others; the users stay numbered as they are.</summary>
    /// <param name="positions">Ascending.</param>
    public EventColumns At(int[] positions) => new(
        UserIds, Array.ConvertAll(positions, e => User[e]), Array.ConvertAll(positions, e => Item[e]), Array.ConvertAll(positions, e => Type[e]),
        Array.ConvertAll(positions, e => Weight[e]), Array.ConvertAll(positions, e => AtMs[e]), NextOrdinal);

    /// <summary>From log entries in the log's order; for tests and tools that hold them already.</summary>
    public static EventColumns From(IEnumerable<LogEntry> entries, ItemCatalog catalog)
    {
        var builder = new Builder(catalog);
        long ordinal = 0;
        foreach (var entry in entries)
            builder.Add(entry, ordinal++);
        return builder.Build();
    }

    private sealed class Builder(ItemCatalog catalog)
    {
        private readonly Dictionary<string, int> _users = new(StringComparer.Ordinal);
        private readonly List<string> _userIds = [];
        private readonly Dictionary<int, int> _mergedInto = [];
        private readonly List<int> _user = [];
        private readonly List<int> _item = [];
        private readonly List<InteractionType> _type = [];
        private readonly List<double> _weight = [];
        private readonly List<long> _atMs = [];
        private long _earlierLogs;
        private long _nextOrdinal;

        public int Count => _user.Count;

        public void BeginLog() => _earlierLogs = _nextOrdinal;

        public void Add(LogRecord record)
        {
            if (LogEntryCodec.Decode(record.Payload.Span) is { } entry)
                Add(entry, record.Ordinal);
            _nextOrdinal = _earlierLogs + record.Ordinal + 1;
        }

        public void Add(LogEntry entry, long ordinal)
        {
            _nextOrdinal = ordinal + 1;
            switch (entry)
            {
                case LogEntry.Events events:
                    foreach (var e in events.Accepted)
                        Add(e);
                    break;
                case LogEntry.Merge merge:
                    var (guest, target) = (UserOf(merge.GuestId), UserOf(merge.TargetId));
                    // A guest cannot be merged into somebody merged into it; a damaged log must not make a circle.
                    if (Root(target) != guest)
                        _mergedInto[guest] = target;
                    break;
            }
        }

        public EventColumns Build()
        {
            var order = new int[Count];
            for (var e = 0; e < order.Length; e++)
                order[e] = e;
            var times = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_atMs);
            for (var e = 1; e < times.Length; e++)
            {
                if (times[e] >= times[e - 1])
                    continue;
                // The position breaks ties, so that the sort is stable.
                Array.Sort(order, (a, b) => _atMs[a] != _atMs[b] ? _atMs[a].CompareTo(_atMs[b]) : a.CompareTo(b));
                break;
            }

            return new EventColumns(
                [.. _userIds],
                Array.ConvertAll(order, e => Root(_user[e])),
                Array.ConvertAll(order, e => _item[e]),
                Array.ConvertAll(order, e => _type[e]),
                Array.ConvertAll(order, e => _weight[e]),
                Array.ConvertAll(order, e => _atMs[e]),
                _nextOrdinal);
        }

        private void Add(LoggedEvent e)
        {
            if (!catalog.TryGetNumber(e.ItemId, out var item))
            {
                if (catalog.Count >= catalog.Capacity)
                    return;
                item = catalog.Intern(e.ItemId);
            }

            _user.Add(UserOf(e.UserId));
            _item.Add(item);
            _type.Add(e.Type);
            _weight.Add(e.Weight ?? double.NaN);
            _atMs.Add(e.AtMs);
        }

        private int UserOf(string id)
        {
            if (!_users.TryGetValue(id, out var user))
            {
                _users.Add(id, user = _userIds.Count);
                _userIds.Add(id);
            }

            return user;
        }

        private int Root(int user)
        {
            while (_mergedInto.TryGetValue(user, out var target))
                user = target;
            return user;
        }
    }
}
