namespace Recs.Engine.Retrieval;

/// <summary>
/// How well an item's categories and tags fit a session: the share of the session's interest that they cover. One
/// definition for the content source, the content features and the reasons. Not thread-safe.
/// </summary>
internal sealed class TasteMatch
{
    // Categories are few and broad, tags many and narrow: a shared tag says more than its share of the weight.
    private const float CategoryWeight = 0.5f, TagWeight = 0.5f;

    private readonly IntMap _categories = new();
    private readonly IntMap _tags = new();
    private float[] _categoryShares = new float[32];
    private float[] _tagShares = new float[32];

    public bool IsEmpty => _categories.Count == 0 && _tags.Count == 0;

    public void Reset(UserSession session)
    {
        Fill(session.Categories, _categories, ref _categoryShares);
        Fill(session.Tags, _tags, ref _tagShares);
    }

    /// <summary>The terms of one item in equal shares: "similar to" pages.</summary>
    public void Reset(CatalogItem seed)
    {
        Fill(seed.CategoryCodes, _categories, ref _categoryShares);
        Fill(seed.TagCodes, _tags, ref _tagShares);
    }

    /// <summary>0 to 1: share of the interest in the item's categories.</summary>
    public float CategoryShare(ItemTerms terms) => Sum(terms.Categories, _categories, _categoryShares);

    public float TagShare(ItemTerms terms) => Sum(terms.Tags, _tags, _tagShares);

    /// <summary>0 to 1.</summary>
    public static float Match(float categoryShare, float tagShare) => CategoryWeight * categoryShare + TagWeight * tagShare;

    /// <summary>The content score: match times log(2 + popularity), so that an item nobody has met yet still counts.</summary>
    public static float Score(float match, double popularity) => match * MathF.Log(2 + (float)popularity);

    /// <summary>The terms of the largest shares, strongest first, equal shares in the session's order; returns how many.</summary>
    public int Strongest(bool isTag, Span<int> terms)
    {
        var codes = (isTag ? _tags : _categories).Keys;
        var shares = isTag ? _tagShares : _categoryShares;
        var count = 0;
        for (var i = 0; i < codes.Length; i++)
        {
            if (shares[i] <= 0)
                continue;
            // Insertion into a handful: a sort would allocate or reorder the shares.
            var at = count;
            while (at > 0 && shares[(isTag ? _tags : _categories).Find(terms[at - 1])] < shares[i])
                at--;
            if (at == terms.Length)
                continue;
            count = Math.Min(count + 1, terms.Length);
            terms[at..(count - 1)].CopyTo(terms[(at + 1)..]);
            terms[at] = codes[i];
        }
        return count;
    }

    private static float Sum(ReadOnlySpan<int> codes, IntMap terms, float[] shares)
    {
        var sum = 0f;
        foreach (var code in codes)
        {
            var at = terms.Find(code);
            if (at >= 0)
                sum += shares[at];
        }
        return Math.Min(sum, 1);
    }

    private static void Fill(Affinity[] affinities, IntMap terms, ref float[] shares)
    {
        terms.Clear();
        if (shares.Length < affinities.Length)
            shares = new float[affinities.Length];
        var total = 0f;
        foreach (var affinity in affinities)
            total += Math.Max(affinity.Weight, 0);
        if (total <= 0)
            return;
        foreach (var affinity in affinities)
        {
            var at = terms.Add(affinity.Term, out _);
            shares[at] = Math.Max(affinity.Weight, 0) / total;
        }
    }

    private static void Fill(int[] codes, IntMap terms, ref float[] shares)
    {
        terms.Clear();
        if (shares.Length < codes.Length)
            shares = new float[codes.Length];
        foreach (var code in codes)
            shares[terms.Add(code, out _)] = 1f / codes.Length;
    }
}
