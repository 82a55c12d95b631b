namespace Recs.Engine.Tests.Retrieval;

public class ItemCounterCodecTests
{
    private const long Day = 86_400_000, T0 = 10_000 * Day;

    [Fact]
    public void Counts_come_back_to_the_last_bit_under_other_item_numbers()
    {
        var (catalog, counters) = Filled(seed: 3);
        var stream = new MemoryStream();
        counters.Save(stream, catalog);
        stream.Position = 0;

        var otherCatalog = new ItemCatalog();
        for (var i = 2_999; i >= 0; i--)
            otherCatalog.Intern($"i{i}");
        var read = new ItemCounters();
        read.Load(stream, otherCatalog);

        Assert.Equal(counters.NewestMs, read.NewestMs);
        for (var i = 0; i < 3_000; i++)
        {
            var (before, after) = (catalog.Intern($"i{i}"), otherCatalog.Intern($"i{i}"));
            Assert.Equal(counters.Recent(before, 0), read.Recent(after, 0));
            Assert.Equal(counters.Baseline(before, 0), read.Baseline(after, 0));
            Assert.Equal(counters.Impressions(before, 0), read.Impressions(after, 0));
            Assert.Equal(counters.Clicks(before, 0), read.Clicks(after, 0));
        }
    }

    [Fact]
    public void Counting_on_after_a_reload_is_as_if_there_had_been_none()
    {
        var (catalog, counters) = Filled(seed: 4);
        var stream = new MemoryStream();
        counters.Save(stream, catalog);
        stream.Position = 0;
        var read = new ItemCounters();
        read.Load(stream, catalog);
        for (var i = 0; i < 500; i++)
        {
            counters.Count(i, InteractionType.Click, T0 + 2_000 * Day + i);
            read.Count(i, InteractionType.Click, T0 + 2_000 * Day + i);
        }
        for (var i = 0; i < 3_000; i++)
        {
            Assert.Equal(counters.Recent(i, 0), read.Recent(i, 0));
            Assert.Equal(counters.Baseline(i, 0), read.Baseline(i, 0));
        }
    }

    [Fact]
    public void Any_flipped_or_missing_byte_is_noticed_and_changes_nothing()
    {
        var catalog = new ItemCatalog();
        var counters = new ItemCounters();
        counters.Count(catalog.Intern("a"), InteractionType.Click, T0);
        var stream = new MemoryStream();
        counters.Save(stream, catalog);
        var bytes = stream.ToArray();

        var target = new ItemCounters();
        target.Count(0, InteractionType.Like, T0);
        for (var i = 0; i < bytes.Length; i++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[i] ^= 0x40;
            Assert.Throws<InvalidDataException>(() => target.Load(new MemoryStream(damaged), catalog));
            Assert.Throws<InvalidDataException>(() => target.Load(new MemoryStream(bytes, 0, i), catalog));
        }
        Assert.Equal(1, target.Recent(0, T0));
        Assert.Equal(0, target.Clicks(0, T0));
    }

    [Fact]
    public void Other_half_lives_are_refused()
    {
        var stream = new MemoryStream();
        new ItemCounters().Save(stream, new ItemCatalog());
        stream.Position = 0;
        var other = new ItemCounters(new ItemCounterOptions { ShortHalfLife = TimeSpan.FromHours(1), LongHalfLife = TimeSpan.FromHours(10) });
        Assert.Contains("half-lives", Assert.Throws<InvalidDataException>(() => other.Load(stream, new ItemCatalog())).Message);
    }

    private static (ItemCatalog, ItemCounters) Filled(int seed)
    {
        var random = new Random(seed);
        var catalog = new ItemCatalog();
        for (var i = 0; i < 3_000; i++)
            catalog.Intern($"i{i}");
        var counters = new ItemCounters();
        for (var e = 0; e < 20_000; e++)
            counters.Count(random.Next(3_000), (InteractionType)random.Next(SessionOptions.TypeCount), T0 + random.NextInt64(60 * Day), 4);
        return (catalog, counters);
    }
}
