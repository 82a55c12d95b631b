namespace Recs.Engine.Retrieval.SessionNeighbours;

/// <summary>
/// Scores items by the visits most like the present one:
/// <code>sim(n) = sum over shared items e^(-steps back / QueryDecay) x e^(-age / AgeDecay) / length^LengthPower
/// score(i) = rarity(i) x sum over the k best of sim(n) e^(-|place(i) - place(newest shared)| / DistanceDecay)</code>
/// Kept instances allocate nothing once they are large enough. Not thread-safe: one per thread.
/// </summary>
public sealed class SessionNeighbourQuery
{
    private readonly IntMap _visits = new();
    private readonly IntMap _items = new();
    private readonly TopSelector _top = new();
    private int[] _numbers = new int[1024];
    private float[] _similarity = new float[1024];
    private int[] _sharedAt = new int[1024];
    private float[] _scores = new float[1024];
    private int[] _because = new int[1024];
    private float[] _distance = [];
    private double _distanceDecay;

    /// <summary>Items found, in no order; valid until the next query.</summary>
    public ReadOnlySpan<int> Items => _items.Keys;

    /// <summary>Their scores, above 0.</summary>
    public ReadOnlySpan<float> Scores => _scores.AsSpan(0, _items.Count);

    /// <summary>The item of the asking visit that led to each most recently.</summary>
    public ReadOnlySpan<int> Because => _because.AsSpan(0, _items.Count);

    /// <summary>The item of the asking visit that led to an item that was found.</summary>
    internal int BecauseOf(int item) => _because[_items.Find(item)];

    /// <param name="index">Where visits are.</param>
    /// <param name="visit">Items of the asking visit, oldest first.</param>
    /// <param name="nowMs">When it asks; a visit from later is passed over only by the decay of age.</param>
    /// <param name="own">Hash of the asking user, whose own present visit says nothing new; 0 for none.</param>
    public void Run(SessionNeighbourIndex index, ReadOnlySpan<int> visit, long nowMs, ulong own = 0)
    {
        var options = index.Options;
        _visits.Clear();
        _items.Clear();
        PrepareDistances(options);
        CollectVisits(index, options, visit);
        _top.Reset(options.Neighbours);
        for (var v = 0; v < _visits.Count; v++)
        {
            if (index.Held(_visits.Keys[v]) is not { } held || own != 0 && held.UserKey == own)
                continue;
            var age = Math.Max(0, nowMs - held.AtMs) / options.AgeDecay.TotalMilliseconds;
            var length = Math.Pow(Math.Max(1, held.Items.Length), options.LengthPower);
            var similarity = (float)(_similarity[v] * Math.Exp(-age) / length);
            if (similarity > 0)
                _top.Add(v, similarity);
        }

        foreach (var key in _top.Unordered())
        {
            var v = TopSelector.ItemOf(key);
            if (index.Held(_visits.Keys[v]) is { } held)
                Speak(held, TopSelector.ScoreOf(key), visit[_sharedAt[v]], options);
        }

        if (options.RarityPower > 0)
            WeighRarity(index, options);
    }

    private void CollectVisits(SessionNeighbourIndex index, SessionNeighbourOptions options, ReadOnlySpan<int> visit)
    {
        var used = 0;
        for (var at = visit.Length - 1; at >= 0 && used < options.QueryItems; at--)
        {
            // Met again later in the visit: that place counts.
            if (visit[(at + 1)..].Contains(visit[at]) || index.RingOf(visit[at]) is not { } ring)
                continue;
            used++;
            var weight = (float)Math.Exp(-(visit.Length - 1 - at) / options.QueryDecay);
            if (_numbers.Length < options.SessionsPerItem)
                _numbers = new int[options.SessionsPerItem];
            var found = ring.Newest(_numbers.AsSpan(0, options.SessionsPerItem));
            Reserve(_visits.Count + found);
            for (var f = 0; f < found; f++)
            {
                var v = _visits.Add(_numbers[f], out var isNew);
                if (isNew)
                    (_similarity[v], _sharedAt[v]) = (0, at);
                _similarity[v] += weight;
            }
        }
    }

    private void Speak(Visit held, float similarity, int shared, SessionNeighbourOptions options)
    {
        var items = held.Items;
        var place = Array.LastIndexOf(items, shared);
        if (place < 0)
            return;
        for (var i = 0; i < items.Length; i++)
        {
            var steps = i - place;
            var weight = steps == 0
                ? (float)options.RepeatWeight
                : _distance[Math.Abs(steps)] * (steps < 0 ? (float)options.BackwardWeight : 1);
            if (weight <= 0)
                continue;
            var at = _items.Add(items[i], out var isNew);
            if (at >= _scores.Length)
            {
                Array.Resize(ref _scores, _scores.Length * 2);
                Array.Resize(ref _because, _scores.Length);
            }

            if (isNew)
                (_scores[at], _because[at]) = (0, shared);
            _scores[at] += similarity * weight;
        }
    }

    private void WeighRarity(SessionNeighbourIndex index, SessionNeighbourOptions options)
    {
        double visits = Math.Max(1, index.Begun);
        for (var i = 0; i < _items.Count; i++)
        {
            var with = Math.Max(1, index.RingOf(_items.Keys[i])?.Count ?? 1);
            _scores[i] *= (float)Math.Pow(Math.Log(1 + visits / with), options.RarityPower);
        }
    }

    private void PrepareDistances(SessionNeighbourOptions options)
    {
        if (_distance.Length > options.MaxSessionItems && _distanceDecay == options.DistanceDecay)
            return;
        _distance = new float[options.MaxSessionItems + 1];
        _distanceDecay = options.DistanceDecay;
        // A neighbouring place counts fully.
        for (var d = 1; d < _distance.Length; d++)
            _distance[d] = (float)Math.Exp(-(d - 1) / _distanceDecay);
    }

    private void Reserve(int visits)
    {
        if (_similarity.Length >= visits)
            return;
        Array.Resize(ref _similarity, visits * 2);
        Array.Resize(ref _sharedAt, visits * 2);
    }
}
