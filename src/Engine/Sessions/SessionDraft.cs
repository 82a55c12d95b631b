namespace Recs.Engine.Sessions;

/// <summary>A session while a batch is applied to it. Every list is copied at most once, on its first change.</summary>
internal ref struct SessionDraft
{
    /// <summary>Repeated feedback on one item adds up to this strength: two purchases.</summary>
    public const float MaxStrength = 10f;

    private readonly UserSession _before;
    private readonly SessionOptions _options;
    private CappedList<HistoryEntry> _history;
    private CappedList<RecentEvent> _recent;
    private CappedList<int> _seen;
    private CappedList<int> _hidden;
    private CappedList<ulong> _eventIds;
    private AffinityList _categories;
    private AffinityList _tags;
    private readonly long[] _counts;
    private long _sequence;
    private long _firstSeenMs;
    private long _lastSeenMs;
    private double _logPriceSum;
    private long _pricedEvents;

    public SessionDraft(UserSession session, SessionOptions options, int events)
    {
        _before = session;
        _options = options;
        _history = new(session.History, options.HistoryCap, events);
        _recent = new(session.Recent, options.RecentCap, events);
        _seen = new(session.Seen, options.SeenCap, events);
        _hidden = new(session.Hidden, options.HiddenCap, events);
        _eventIds = new(session.EventIds, options.EventIdWindow, events);
        _categories = new(session.Categories, options.AffinityCap, events);
        _tags = new(session.Tags, options.AffinityCap, events);
        _counts = (long[])session.Counts.Clone();
        _sequence = session.Sequence;
        _firstSeenMs = session.FirstSeenMs;
        _lastSeenMs = session.LastSeenMs;
        _logPriceSum = session.LogPriceSum;
        _pricedEvents = session.PricedEvents;
    }

    public readonly long Sequence => _sequence;

    public readonly bool HasEventId(ulong hash) => _eventIds.Span.Contains(hash);

    public void Apply(long sequence, int item, CatalogItem? known, InteractionType type, double? weight, long atMs, ulong eventIdHash)
    {
        _sequence = sequence;
        _counts[(int)type]++;
        if (eventIdHash != 0)
            _eventIds.Add(eventIdHash);
        See(atMs);
        if (type == InteractionType.Impression)
            return;

        _recent.Add(new RecentEvent(item, type, atMs));
        Refresh(ref _seen, item);
        var strength = Feedback.Strength(type, weight);
        if (strength > 0)
            Like(item, known, type, strength, atMs);
        else if (strength < 0)
            Reject(item, known, type, strength, atMs);
    }

    public readonly UserSession Finish()
    {
        var history = _history.ToArray();
        return new UserSession
        {
            UserId = _before.UserId,
            Sequence = _sequence,
            FirstSeenMs = _firstSeenMs,
            LastSeenMs = _lastSeenMs,
            History = history,
            Recent = _recent.ToArray(),
            Seen = _seen.ToArray(),
            Hidden = _hidden.ToArray(),
            Categories = _categories.ToArray(),
            Tags = _tags.ToArray(),
            Counts = _counts,
            LogPriceSum = _logPriceSum,
            PricedEvents = _pricedEvents,
            EventIds = _eventIds.ToArray(),
            MergedGuests = _before.MergedGuests,
            ForwardTo = _before.ForwardTo,
            // The vector is a function of the history alone.
            Folded = ReferenceEquals(history, _before.History) ? Volatile.Read(ref _before.Folded) : null,
        };
    }

    private void Like(int item, CatalogItem? known, InteractionType type, float strength, long atMs)
    {
        var at = Find(item);
        if (at < 0)
        {
            _history.Add(new HistoryEntry(item, Math.Min(strength, MaxStrength), atMs));
        }
        else
        {
            var old = _history.Span[at];
            var sum = type == InteractionType.Rating ? strength : old.Strength + strength;
            _history.MoveToEnd(at, new HistoryEntry(item, Math.Min(sum, MaxStrength), Math.Max(old.AtMs, atMs)));
        }

        if (type is InteractionType.Like or InteractionType.Purchase && _hidden.Span.IndexOf(item) is >= 0 and var hidden)
            _hidden.RemoveAt(hidden);
        if (known is null)
            return;
        var amount = Math.Min(strength, MaxStrength) * DecayTo(atMs);
        _categories.Add(known.CategoryCodes, amount);
        _tags.Add(known.TagCodes, amount);
        if (known.Item.Price is { } price)
        {
            _logPriceSum += Math.Log(1 + price);
            _pricedEvents++;
        }
    }

    private void Reject(int item, CatalogItem? known, InteractionType type, float strength, long atMs)
    {
        if (Find(item) is >= 0 and var at)
            _history.RemoveAt(at);
        if (type is InteractionType.Dislike or InteractionType.Hide)
            Refresh(ref _hidden, item);
        if (known is null)
            return;
        var amount = strength * DecayTo(atMs);
        _categories.Add(known.CategoryCodes, amount);
        _tags.Add(known.TagCodes, amount);
    }

    private void See(long atMs)
    {
        _firstSeenMs = _firstSeenMs == 0 ? atMs : Math.Min(_firstSeenMs, atMs);
        if (atMs <= _lastSeenMs)
            return;
        if (_lastSeenMs != 0)
        {
            var factor = (float)AffinityDecay.Factor(atMs - _lastSeenMs, _options.AffinityHalfLife);
            _categories.Decay(factor);
            _tags.Decay(factor);
        }

        _lastSeenMs = atMs;
    }

    /// <summary>What is left at the newest event's time of an interest shown at <paramref name="atMs"/>.</summary>
    private readonly double DecayTo(long atMs) => AffinityDecay.Factor(_lastSeenMs - atMs, _options.AffinityHalfLife);

    private readonly int Find(int item)
    {
        var span = _history.Span;
        for (var i = span.Length - 1; i >= 0; i--)
        {
            if (span[i].Item == item)
                return i;
        }

        return -1;
    }

    private static void Refresh(ref CappedList<int> list, int item)
    {
        var at = list.Span.LastIndexOf(item);
        if (at < 0)
            list.Add(item);
        else if (at < list.Span.Length - 1)
            list.MoveToEnd(at, item);
    }
}
