namespace Recs.Training.Simulation;

/// <summary>An item and the truth about it that no recommender is told.</summary>
/// <param name="Item">What the catalogue gets.</param>
/// <param name="Category">Index of its shelf.</param>
/// <param name="Style">Index of its style.</param>
/// <param name="Quality">How much anybody likes it, standard normal.</param>
/// <param name="Taste">A hidden direction that only behaviour shows.</param>
internal sealed record WorldItem(Item Item, int Category, int Style, double Quality, double[] Taste)
{
    public double LogPrice => Math.Log(Item.Price!.Value);

    public DateTimeOffset CreatedAt => Item.CreatedAt!.Value;

    /// <summary>One in six items arrives during the history, the rest were there before.</summary>
    private const double ShareArriving = 1.0 / 6;

    public static WorldItem[] Create(DemoWorldOptions options)
    {
        var random = Draws.For(options.Seed, 1);
        var start = options.End.AddDays(-options.Days);
        var titles = new HashSet<string>(StringComparer.Ordinal);
        var items = new WorldItem[options.Items];
        for (var i = 0; i < items.Length; i++)
        {
            var category = random.Next(Vocabulary.Shelves.Length);
            var shelf = Vocabulary.Shelves[category];
            var noun = shelf.Nouns[random.Next(shelf.Nouns.Length)];
            var style = random.Next(Vocabulary.Styles.Length);
            var brand = Vocabulary.Brands[random.Next(Vocabulary.Brands.Length)];
            var price = Math.Round(shelf.TypicalPrice * Math.Exp(0.6 * Draws.Normal(random)) * (style == 4 ? 1.6 : 1), 2);
            var createdAt = random.NextDouble() < ShareArriving
                ? start + random.NextDouble() * (options.End - start)
                : start.AddDays(-random.NextDouble() * 700);
            items[i] = new WorldItem(
                new Item
                {
                    Id = $"item-{i + 1:D5}",
                    Title = Title(random, brand, style, noun, titles),
                    Categories = [shelf.Name],
                    Tags = [noun.ToLowerInvariant(), Vocabulary.Styles[style].Style],
                    Price = Math.Max(1, price),
                    CreatedAt = createdAt,
                    Attributes = new Dictionary<string, AttributeValue> { ["brand"] = new AttributeValue.Text(brand) },
                },
                category, style, Draws.Normal(random), Draws.Direction(random, UserTaste.HiddenDimensions));
        }

        return items;
    }

    private static string Title(Random random, string brand, int style, string noun, HashSet<string> titles)
    {
        var words = Vocabulary.Styles[style].Words;
        var title = $"{brand} {words[random.Next(words.Length)]} {noun}";
        for (var mark = 2; !titles.Add(title); mark++)
            title = $"{brand} {words[random.Next(words.Length)]} {noun} No. {mark}";
        return title;
    }
}
