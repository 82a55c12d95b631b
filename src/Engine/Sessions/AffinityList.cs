namespace Recs.Engine.Sessions;

/// <summary>Interest by term code while it is being changed, all decayed to one time.</summary>
internal struct AffinityList(Affinity[] source, int cap, int expected)
{
    /// <summary>Below it an interest is forgotten; far above the smallest float, so that decay never makes denormals.</summary>
    private const float Forgotten = 1e-30f;

    private CappedList<Affinity> _list = new(source, Math.Max(cap, source.Length) + 1, expected);

    public void Decay(float factor)
    {
        for (var i = _list.Span.Length - 1; i >= 0; i--)
            Put(i, _list.Span[i].Term, _list.Span[i].Weight * factor);
    }

    /// <summary>Shares an amount, which may be below 0, among terms; an interest does not go below 0.</summary>
    public void Add(ReadOnlySpan<int> terms, double amount)
    {
        if (terms.Length == 0)
            return;
        var share = (float)(amount / terms.Length);
        foreach (var term in terms)
            Add(term, share);
    }

    public void Add(int term, float weight)
    {
        var at = Find(term);
        if (at >= 0)
        {
            Put(at, term, _list.Span[at].Weight + weight);
            return;
        }

        if (!(weight > Forgotten))
            return;
        _list.Add(new Affinity(term, weight));
        while (_list.Span.Length > cap)
            _list.RemoveAt(Weakest());
    }

    public readonly Affinity[] ToArray() => _list.ToArray();

    private void Put(int at, int term, float weight)
    {
        if (weight > Forgotten)
            _list.Set(at, new Affinity(term, weight));
        else
            _list.RemoveAt(at);
    }

    private readonly int Find(int term)
    {
        var span = _list.Span;
        for (var i = 0; i < span.Length; i++)
        {
            if (span[i].Term == term)
                return i;
        }

        return -1;
    }

    private readonly int Weakest()
    {
        var span = _list.Span;
        var weakest = 0;
        for (var i = 1; i < span.Length; i++)
        {
            if (span[i].Weight < span[weakest].Weight)
                weakest = i;
        }

        return weakest;
    }
}
