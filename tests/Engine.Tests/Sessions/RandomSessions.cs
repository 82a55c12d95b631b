namespace Recs.Engine.Tests.Sessions;

/// <summary>A small shop and what users do in it.</summary>
internal static class RandomSessions
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Small caps, so that every list is at its cap soon.</summary>
    public static readonly SessionOptions Tight = new()
    {
        HistoryCap = 6,
        RecentCap = 5,
        SeenCap = 9,
        HiddenCap = 3,
        AffinityCap = 3,
        EventIdWindow = 7,
        MergedGuestsCap = 3,
        AffinityHalfLife = TimeSpan.FromDays(1),
    };

    public static ItemCatalog Catalog(int items = 30)
    {
        var catalog = new ItemCatalog();
        catalog.Upsert(
            Enumerable.Range(0, items).Select(i => new Item
            {
                Id = $"item-{i}",
                Categories = i % 5 == 0 ? [] : [$"c{i % 4}", $"c{i % 7}"],
                Tags = i % 3 == 0 ? [$"t{i % 6}"] : [],
                Price = i % 2 == 0 ? i : null,
            }).ToArray(),
            Start);
        return catalog;
    }

    public static Interaction Event(Random random, int items = 30, string userId = "u")
    {
        var type = (InteractionType)random.Next(SessionOptions.TypeCount);
        return new Interaction
        {
            UserId = userId,
            ItemId = $"item-{random.Next(items)}",
            Type = type,
            EventId = random.Next(3) == 0 ? null : $"e{random.Next(40)}",
            Timestamp = Start.AddMinutes(random.Next(5 * 24 * 60)),
            Weight = type == InteractionType.Rating ? random.Next(11) / 2.0 : random.Next(3) == 0 ? random.NextDouble() * 3 : null,
            Revenue = type == InteractionType.Purchase ? 9.99 : null,
            RequestId = random.Next(2) == 0 ? "r1" : null,
        };
    }

    public static UserSession Session(Random random, SessionRules rules, int events, string userId = "u") =>
        rules.Apply(UserSession.Empty(userId), Enumerable.Range(0, events).Select(_ => Event(random, userId: userId)).ToArray()).Session;
}
