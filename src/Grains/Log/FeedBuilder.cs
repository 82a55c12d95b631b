using Recs.Engine.Retrieval.SessionNeighbours;

namespace Recs.Grains.Log;

/// <summary>Puts events in columns, each item id once.</summary>
internal sealed class FeedBuilder
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<int> _item = [];
    private readonly List<ulong> _user = [];
    private readonly List<byte> _type = [];
    private readonly List<long> _atMs = [];
    private readonly List<double> _weight = [];

    public int Count => _item.Count;

    public void Add(IReadOnlyList<LoggedEvent> events)
    {
        foreach (var e in events)
        {
            if (!_ids.TryGetValue(e.ItemId, out var id))
                _ids.Add(e.ItemId, id = _ids.Count);
            _item.Add(id);
            _user.Add(SessionNeighbourSource.KeyOf(e.UserId));
            _type.Add((byte)e.Type);
            _atMs.Add(e.AtMs);
            _weight.Add(e.Weight ?? double.NaN);
        }
    }

    public CounterFeed Build(long nextOrdinal, bool startOver)
    {
        var ids = new string[_ids.Count];
        foreach (var (id, index) in _ids)
            ids[index] = id;
        return new CounterFeed
        {
            ItemIds = ids,
            Item = [.. _item],
            User = [.. _user],
            Type = [.. _type],
            AtMs = [.. _atMs],
            Weight = [.. _weight],
            NextOrdinal = nextOrdinal,
            StartOver = startOver,
        };
    }
}
