using Xunit.Abstractions;

namespace Recs.Engine.Tests.Catalog;

public class ItemFilterTests(ITestOutputHelper output)
{
    private static readonly Item Book = new()
    {
        Id = "b1",
        Title = "A \"quoted\" title",
        Categories = ["books", "used books"],
        Tags = ["used"],
        Price = 10,
        CreatedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Attributes = new Dictionary<string, AttributeValue>
        {
            ["brand"] = new AttributeValue.Text("acme"),
            ["pages"] = new AttributeValue.Number(300),
            ["signed"] = new AttributeValue.Flag(true),
            ["languages"] = new AttributeValue.TextList(["en", "de"]),
        },
    };

    [Theory]
    [InlineData("category = \"books\"", true)]
    [InlineData("categories = 'used books'", true)]
    [InlineData("category = \"Books\"", false)]
    [InlineData("category != 'films'", true)]
    [InlineData("tag in ('new', \"used\")", true)]
    [InlineData("tags not in ('new', 'used')", false)]
    [InlineData("price < 10", false)]
    [InlineData("price <= 10", true)]
    [InlineData("price > 10", false)]
    [InlineData("price >= 10", true)]
    [InlineData("price = 10.0", true)]
    [InlineData("price = 1e1", true)]
    [InlineData("price between 10 and 10", true)]
    [InlineData("price not between 5 and 9.99", true)]
    [InlineData("createdAt >= \"2026-01-01\"", true)]
    [InlineData("createdAt > \"2026-01-01T00:00:00Z\"", false)]
    [InlineData("createdAt = '2026-01-01T01:00:00+01:00'", true)]
    [InlineData("createdAt between '2025-12-31' and '2026-01-01T00:00:00.000Z'", true)]
    [InlineData("available = true", true)]
    [InlineData("available != true", false)]
    [InlineData("brand = 'acme' AND pages > 299", true)]
    [InlineData("brand != 'x' and signed = true", true)]
    [InlineData("languages = 'de'", true)]
    [InlineData("languages in ('fr', 'en')", true)]
    [InlineData("pages in (1, 300, 'x', true)", true)]
    [InlineData("missing = 'x'", false)]
    [InlineData("missing != 'x'", true)]
    [InlineData("missing < 5", false)]
    [InlineData("not missing < 5", true)]
    [InlineData("missing between -5 and 5", false)]
    [InlineData("brand < 5", false)]
    [InlineData("brand = 5", false)]
    [InlineData("not not brand = 'acme'", true)]
    [InlineData("not not not brand = 'acme'", false)]
    [InlineData("id = 'b1'", true)]
    [InlineData("title = 'A \"quoted\" title'", true)]
    [InlineData("title = \"A \\\"quoted\\\" title\"", true)]
    [InlineData("brand = '\\u0061cme'", true)]
    [InlineData("price < 5 or price > 9 and brand = 'x'", false)]
    [InlineData("(price < 5 or price > 9) and brand = 'acme'", true)]
    [InlineData("brand = 'acme' or brand = 'x' and price < 1", true)]
    [InlineData("category = \"books\" and price < 20 and not (tag in (\"worn\")) and createdAt >= \"2026-01-01\" and brand != \"x\" and available = true and price between 5 and 10", true)]
    public void An_item_passes_or_not(string text, bool expected)
    {
        var filter = ItemFilter.Parse(text);
        Assert.Equal(expected, filter.Matches(Book));
        Assert.Equal(filter, ItemFilter.Parse(filter.ToString()));
        Assert.Equal(filter.ToString(), ItemFilter.Parse(filter.ToString()).ToString());
    }

    [Theory]
    [InlineData("categories='a'AND not(tags IN('x'))", "category = \"a\" and tag not in (\"x\")")]
    [InlineData("((a = 1)) or (b = 2 or c = 3)", "a = 1 or b = 2 or c = 3")]
    [InlineData("(a = 1 or b = 2) and (c = 3 and d = -0)", "(a = 1 or b = 2) and c = 3 and d = 0")]
    [InlineData("not (a = 1 and b != 2)", "not (a = 1 and b != 2)")]
    [InlineData("not a between 1 and 2 and not b < 3", "a not between 1 and 2 and not b < 3")]
    [InlineData("a = 1 or b = 2 and c = 3", "a = 1 or b = 2 and c = 3")]
    [InlineData("createdAt < '2026-05-06T07:08'", "createdAt < \"2026-05-06T07:08:00.000Z\"")]
    [InlineData("a = 'tab\\tquote\\\"back\\\\\\u0001'", "a = \"tab\\tquote\\\"back\\\\\\u0001\"")]
    [InlineData("a in (1, 2, 1)", "a in (1, 2)")]
    [InlineData("not not a = 1", "a = 1")]
    public void The_canonical_text_has_one_spelling(string text, string canonical) =>
        Assert.Equal(canonical, ItemFilter.Parse(text).ToString());

    [Theory]
    [InlineData("", "absent", null)]
    [InlineData("   ", "a condition", null)]
    [InlineData("price", "the end at position 5", "'='")]
    [InlineData("price <", "the end at position 7", "a finite number")]
    [InlineData("price < 'x'", "position 8", "a finite number")]
    [InlineData("price = 1e999", "'1e999' at position 8", "a finite number")]
    [InlineData("price = 5x", "'5x' at position 8", "a finite number")]
    [InlineData("price == 5", "'=' at position 7", "a finite number")]
    [InlineData("category < 'x'", "position 11", "no order")]
    [InlineData("category = 5", "'5' at position 11", "a text in quotes")]
    [InlineData("available = 'yes'", "position 12", "true or false")]
    [InlineData("createdAt > 'yesterday'", "position 12", "ISO 8601")]
    [InlineData("createdAt > 2026", "'2026' at position 12", "ISO 8601")]
    [InlineData("a = 'open", "without an end at position 4", "closing")]
    [InlineData("a = '\\x'", "'\\x' at position 5", "one of")]
    [InlineData("a = '\\u12'", "position 5", "one of")]
    [InlineData("a in ()", "')' at position 6", "a text")]
    [InlineData("a in (1", "the end at position 7", "',' or ')'")]
    [InlineData("a in 1", "'1' at position 5", "'('")]
    [InlineData("a between 1 or 2", "'or' at position 12", "'and'")]
    [InlineData("a between 2 and 1", "2 and 1 at position 10", "not above")]
    [InlineData("(a = 1", "the end at position 6", "')'")]
    [InlineData("a = 1)", "')' at position 5", "the end")]
    [InlineData("a = 1 b = 2", "'b' at position 6", "'and'")]
    [InlineData("and", "'and' at position 0", "a field")]
    [InlineData("a = 1 and", "the end at position 9", "a field")]
    [InlineData("a not = 1", "'=' at position 6", "'in' or 'between'")]
    [InlineData("a ! 1", "'!' at position 2", "a comparison")]
    [InlineData("a = b", "'b' at position 4", "a text in quotes")]
    [InlineData("5 = a", "'5' at position 0", "a field")]
    [InlineData("a = #", "'#' at position 4", "a value")]
    public void A_mistake_is_named_with_its_place_and_what_was_expected(string text, string found, string? expected)
    {
        var e = Assert.Throws<RecommenderException>(() => ItemFilter.Parse(text));
        Assert.Equal((RefusalKind.Invalid, "filter"), (e.Kind, e.Field));
        output.WriteLine(e.Message);
        if (text.Length == 0)
            return;
        Assert.Contains(found, e.Message, StringComparison.Ordinal);
        if (expected is not null)
            Assert.Contains(expected, e.Legal, StringComparison.Ordinal);
    }

    [Fact]
    public void Length_depth_and_terms_are_bounded()
    {
        AssertRefused(new string(' ', Limits.MaxFilterLength) + "a=1", "4096");
        AssertRefused(new string('(', Limits.MaxFilterLength), "16 levels");
        AssertRefused(string.Concat(Enumerable.Repeat("not ", 1000)) + "a=1", "16 levels");
        AssertRefused(string.Join(" or ", Enumerable.Repeat("a=1", Limits.MaxFilterTerms + 1)), "256");
        AssertRefused($"a in ({string.Join(",", Enumerable.Range(0, Limits.MaxFilterTerms + 1))})", "256");
        AssertRefused(new string('n', 129) + " = 1", "128");
        ItemFilter.Parse($"{new string('(', 16)}a=1{new string(')', 16)}");
        ItemFilter.Parse(string.Join(" or ", Enumerable.Repeat("a=1", Limits.MaxFilterTerms)));
        // 2,000 escapes fit, and so do 6 characters for each only if the canonical text does.
        AssertRefused($"a = '{new string('\u0001', 2000)}'", "canonical");

        var deep = ItemFilter.Equal("a", 1);
        Assert.Throws<RecommenderException>(() =>
        {
            for (var i = 0; i < 100; i++)
                deep = !(deep & ItemFilter.Equal("b", 1) | ItemFilter.Equal("c", i));
        });
    }

    [Fact]
    public void What_is_built_in_code_equals_what_is_parsed()
    {
        var built = ItemFilter.Equal("category", "books")
            & ItemFilter.Compare("price", ComparisonOperator.Less, 20)
            & !ItemFilter.In("tag", "used", "worn")
            & (ItemFilter.Compare("createdAt", ComparisonOperator.AtLeast, Book.CreatedAt!.Value) | ItemFilter.Equal("signed", true));
        var parsed = ItemFilter.Parse("category='books' and price<20 and tag not in('used','worn') and (createdAt>='2026-01-01' or signed=true)");
        Assert.Equal(parsed, built);
        Assert.Equal(parsed.GetHashCode(), built.GetHashCode());
        Assert.NotEqual(parsed, ItemFilter.Parse("price<20"));
    }

    [Fact]
    public void Mistakes_in_code_are_refused_too()
    {
        Assert.Throws<RecommenderException>(() => ItemFilter.Equal("no name", 1));
        Assert.Throws<RecommenderException>(() => ItemFilter.Equal("and", 1));
        Assert.Throws<RecommenderException>(() => ItemFilter.Equal("price", double.NaN));
        Assert.Throws<RecommenderException>(() => ItemFilter.Equal("price", "cheap"));
        Assert.Throws<RecommenderException>(() => ItemFilter.Equal("createdAt", 0.5));
        Assert.Throws<RecommenderException>(() => ItemFilter.Equal("createdAt", 1e300));
        Assert.Throws<RecommenderException>(() => ItemFilter.Compare("tag", ComparisonOperator.Less, 1));
        Assert.Throws<RecommenderException>(() => ItemFilter.Compare("a", (ComparisonOperator)9, 1));
        Assert.Throws<RecommenderException>(() => ItemFilter.Between("a", 2, 1));
        Assert.Throws<RecommenderException>(() => ItemFilter.In("a", Array.Empty<string>()));
        Assert.Throws<RecommenderException>(() => ItemFilter.In("a", new AttributeValue.TextList(["x"])));
        Assert.Throws<RecommenderException>(() => ItemFilter.And());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_text_is_a_filter_that_comes_back_or_a_refusal(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] pieces =
        [
            "and", "or", "not", "in", "between", "true", "false", "price", "category", "tags", "createdAt", "available", "id", "a", "b.c-d", "é",
            "=", "!=", "<", "<=", ">", ">=", "(", ")", ",", "1", "-2.5", "1e300", "1e999", "-", "\"x\"", "'y'", "\"2026-01-01\"", "'\\u0000'",
            "'\\ud800'", "'🎈'", "\"", "'", "\\", "\0", "\t", "#", "\ud83c", " ", "''",
        ];
        var (parsed, refused) = (0, 0);
        for (var round = 0; round < 40_000; round++)
        {
            var text = random.Next(2) == 0
                ? string.Join(random.Next(4) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 14)).Select(_ => pieces[random.Next(pieces.Length)]))
                : Mutate(random, RandomItems.NextFilter(random).ToString(), pieces);
            try
            {
                var filter = ItemFilter.Parse(text);
                Assert.Equal(filter, ItemFilter.Parse(filter.ToString()));
                Assert.Equal(filter.Matches(Book), ItemFilter.Parse(filter.ToString()).Matches(Book));
                parsed++;
            }
            catch (RecommenderException e)
            {
                Assert.Equal(RefusalKind.Invalid, e.Kind);
                Assert.NotNull(e.Legal);
                refused++;
            }
        }

        output.WriteLine($"{parsed} parsed, {refused} refused");
        Assert.True(parsed > 5000 && refused > 5000);
    }

    private static string Mutate(Random random, string text, string[] pieces)
    {
        for (var change = random.Next(3); change > 0; change--)
        {
            var at = random.Next(text.Length + 1);
            var cut = Math.Min(text.Length - at, random.Next(4));
            text = text.Remove(at, cut).Insert(at, random.Next(2) == 0 ? "" : pieces[random.Next(pieces.Length)]);
        }

        return text;
    }

    private static void AssertRefused(string text, string legal)
    {
        var e = Assert.Throws<RecommenderException>(() => ItemFilter.Parse(text));
        Assert.Contains(legal, e.Legal, StringComparison.Ordinal);
    }
}
