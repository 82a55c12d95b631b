namespace Recs.Engine.Tests.Sessions;

/// <summary>The session rules with lists and doubles, one statement to a sentence of their documentation.</summary>
internal sealed class NaiveSession(SessionOptions options, ItemCatalog catalog)
{
    private readonly List<string> _eventIds = [];

    public long Sequence { get; private set; }

    public long LastSeenMs { get; private set; }

    public List<(int Item, double Strength, long AtMs)> History { get; } = [];

    public List<(int Item, InteractionType Type, long AtMs)> Recent { get; } = [];

    public List<int> Seen { get; } = [];

    public List<int> Hidden { get; } = [];

    public Dictionary<int, double> Categories { get; } = [];

    public double LogPriceSum { get; private set; }

    public void Apply(Interaction e)
    {
        if (e.EventId is not null && _eventIds.Contains(e.EventId))
            return;
        Sequence++;
        if (e.EventId is not null)
            Append(_eventIds, e.EventId, options.EventIdWindow);
        var atMs = e.Timestamp!.Value.ToUnixTimeMilliseconds();
        if (atMs > LastSeenMs)
        {
            foreach (var term in Categories.Keys.ToList())
                Categories[term] *= Decay(atMs - LastSeenMs);
            LastSeenMs = atMs;
        }

        if (e.Type == InteractionType.Impression)
            return;
        var item = catalog.Get(e.ItemId)!;
        Append(Recent, (item.Number, e.Type, atMs), options.RecentCap);
        Seen.Remove(item.Number);
        Append(Seen, item.Number, options.SeenCap);
        var r = (double)Feedback.Strength(e.Type, e.Weight);
        var old = History.FirstOrDefault(h => h.Item == item.Number);
        if (r != 0)
            History.RemoveAll(h => h.Item == item.Number);
        if (r > 0)
        {
            var strength = e.Type == InteractionType.Rating ? r : (float)old.Strength + (float)r;
            Append(History, (item.Number, Math.Min(10, strength), Math.Max(old.AtMs, atMs)), options.HistoryCap);
            if (e.Type is InteractionType.Like or InteractionType.Purchase)
                Hidden.Remove(item.Number);
            if (item.Item.Price is { } price)
                LogPriceSum += Math.Log(1 + price);
        }
        else if (e.Type is InteractionType.Dislike or InteractionType.Hide)
        {
            Hidden.Remove(item.Number);
            Append(Hidden, item.Number, options.HiddenCap);
        }

        foreach (var term in item.CategoryCodes)
        {
            Categories[term] = Categories.GetValueOrDefault(term) + Math.Min(r, 10) / item.CategoryCodes.Length * Decay(LastSeenMs - atMs);
            if (Categories[term] <= 1e-30)
                Categories.Remove(term);
            if (Categories.Count > options.AffinityCap)
                Categories.Remove(Categories.MinBy(c => c.Value).Key);
        }
    }

    private double Decay(long elapsedMs) => Math.Pow(0.5, elapsedMs / options.AffinityHalfLife.TotalMilliseconds);

    private static void Append<T>(List<T> list, T value, int cap)
    {
        list.Add(value);
        if (list.Count > cap)
            list.RemoveAt(0);
    }
}
