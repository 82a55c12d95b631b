namespace Recs.Bench.Worlds;

/// <summary>Items and events without tastes, for measuring stores: ids of ordinary length, popularity by a power law.</summary>
internal static class SyntheticEvents
{
    public static Item[] Items(int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new Item
        {
            Id = ItemId(i), Title = $"Item number {i}", Categories = [$"category-{i % 40}"], Tags = [$"tag-{i % 300}", $"tag-{i * 7 % 300}"], Price = 1 + i % 200,
        }),
    ];

    public static string ItemId(int item) => $"item-{item:D6}";

    public static string UserId(int user) => $"user-{user:D8}";

    public static Interaction Draw(Random random, int user, int items, DateTimeOffset at) => new()
    {
        UserId = UserId(user),
        ItemId = ItemId((int)(items * Math.Pow(random.NextDouble(), 2))),
        Type = random.Next(20) switch { 0 => InteractionType.Purchase, < 3 => InteractionType.Like, < 8 => InteractionType.View, _ => InteractionType.Click },
        Timestamp = at,
    };
}
