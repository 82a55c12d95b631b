using System.Buffers.Binary;
using Xunit.Abstractions;

namespace Recs.Engine.Tests.Sessions;

public class SessionCodecTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_session_comes_back_in_the_same_process_and_in_another(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var catalog = RandomSessions.Catalog();
        for (var round = 0; round < 100; round++)
        {
            var rules = new SessionRules(catalog, round % 2 == 0 ? RandomSessions.Tight : new SessionOptions());
            var session = rules.Merge(
                RandomSessions.Session(random, rules, random.Next(60), $"user {seed} Ünïcödé 🎈"),
                RandomSessions.Session(random, rules, random.Next(10), "guest"));
            var blob = new SessionCodec(catalog).Encode(session);
            AssertSame(session, new SessionCodec(catalog).Decode(blob));

            // Another process gives other numbers to the same ids; the bytes stay.
            var elsewhere = new ItemCatalog();
            elsewhere.Intern("another item first");
            var codec = new SessionCodec(elsewhere);
            var there = codec.Decode(blob);
            Assert.Equal(session.History.Select(h => catalog.IdOf(h.Item)), there.History.Select(h => elsewhere.IdOf(h.Item)));
            Assert.Equal(blob, codec.Encode(there));
        }
    }

    [Fact]
    public void A_forwarding_guest_comes_back()
    {
        var codec = new SessionCodec(new ItemCatalog());
        var decoded = codec.Decode(codec.Encode(SessionRules.Forwarded("guest", "user")));
        Assert.Equal(("guest", "user", 0L), (decoded.UserId, decoded.ForwardTo, decoded.Sequence));
    }

    [Fact]
    public void Ids_that_share_half_a_surrogate_pair_come_back()
    {
        var catalog = new ItemCatalog();
        var ids = new[] { "x\U0001F388", "x\U0001F389", new string('ä', 128), new string('ä', 127) + "b", "z" };
        var codec = new SessionCodec(catalog);
        var session = new UserSession { UserId = "u", Seen = ids.Select(catalog.Intern).ToArray() };
        Assert.Equal(ids, codec.Decode(codec.Encode(session)).Seen.Select(catalog.IdOf));
    }

    [Fact]
    public void Every_changed_bit_and_every_cut_is_noticed()
    {
        var catalog = RandomSessions.Catalog();
        var codec = new SessionCodec(catalog);
        var blob = codec.Encode(RandomSessions.Session(new Random(3), new SessionRules(catalog, new SessionOptions()), 30));
        for (var bit = 0; bit < blob.Length * 8; bit++)
        {
            var damaged = (byte[])blob.Clone();
            damaged[bit >> 3] ^= (byte)(1 << (bit & 7));
            Assert.Throws<InvalidDataException>(() => codec.Decode(damaged));
        }

        for (var length = 0; length < blob.Length; length++)
            Assert.Throws<InvalidDataException>(() => codec.Decode(blob.AsSpan(0, length)));
    }

    [Fact]
    public void Hostile_bytes_under_a_good_checksum_are_refused_or_decode_to_a_session_that_encodes()
    {
        const int seed = 8;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var catalog = RandomSessions.Catalog();
        var source = new SessionCodec(catalog).Encode(
            RandomSessions.Session(random, new SessionRules(catalog, new SessionOptions()), 25))[..^4];
        var (refused, read) = (0, 0);
        for (var round = 0; round < 20_000; round++)
        {
            var content = source.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(1, content.Length);
                content[at] = random.Next(3) == 0 ? (byte)255 : (byte)random.Next(256);
            }

            if (random.Next(4) == 0)
                content = content[..random.Next(1, content.Length)];
            var hostile = new byte[content.Length + 4];
            content.CopyTo(hostile, 0);
            BinaryPrimitives.WriteUInt32LittleEndian(hostile.AsSpan(content.Length), SessionCodec.Crc32C(content));
            var codec = new SessionCodec(new ItemCatalog());
            try
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var session = codec.Decode(hostile);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
                AssertSame(session, codec.Decode(codec.Encode(session)));
                read++;
            }
            catch (InvalidDataException e)
            {
                Assert.NotEmpty(e.Message);
                Assert.Equal(0, codec.Catalog.Count);
                refused++;
            }
        }

        output.WriteLine($"{refused} refused, {read} read");
        Assert.True(refused > 1000 && read > 1000);
    }

    [Fact]
    public void A_user_with_twenty_events_takes_few_bytes()
    {
        const int seed = 4;
        var random = new Random(seed);
        var catalog = new ItemCatalog();
        string[] categories = ["Books", "Garden", "Electronics", "Home & Kitchen", "Sports", "Toys", "Outdoor", "Beauty"];
        catalog.Upsert(
            Enumerable.Range(0, 5000).Select(i => new Item
            {
                Id = $"item-{i}",
                Categories = [categories[i % 8]],
                Tags = [$"tag-{i % 40}"],
                Price = i,
            }).ToArray(),
            RandomSessions.Start);
        var rules = new SessionRules(catalog, new SessionOptions());
        foreach (var withIds in new[] { false, true })
        {
            var bytes = 0L;
            for (var user = 0; user < 200; user++)
            {
                var at = RandomSessions.Start;
                var events = Enumerable.Range(0, 20).Select(i => new Interaction
                {
                    UserId = $"user-{user}",
                    ItemId = $"item-{random.Next(5000)}",
                    Type = (InteractionType)random.Next(1, 5),
                    Timestamp = at = at.AddMilliseconds(random.Next(1000, 3_600_000)),
                    EventId = withIds ? $"{user}-{i}" : null,
                }).ToArray();
                bytes += new SessionCodec(catalog).Encode(rules.Apply(UserSession.Empty($"user-{user}"), events).Session).Length;
            }

            output.WriteLine($"event ids {withIds}: {bytes / 200.0:0} bytes a user");
            Assert.True(bytes / 200 <= (withIds ? 680 : 520));
        }
    }

    private static void AssertSame(UserSession expected, UserSession actual)
    {
        Assert.Equal(
            (expected.UserId, expected.ForwardTo, expected.Sequence, expected.FirstSeenMs, expected.LastSeenMs),
            (actual.UserId, actual.ForwardTo, actual.Sequence, actual.FirstSeenMs, actual.LastSeenMs));
        Assert.Equal(expected.History, actual.History);
        Assert.Equal(expected.Recent, actual.Recent);
        Assert.Equal(expected.Seen, actual.Seen);
        Assert.Equal(expected.Hidden, actual.Hidden);
        Assert.Equal(expected.Categories, actual.Categories);
        Assert.Equal(expected.Tags, actual.Tags);
        Assert.Equal(expected.Counts, actual.Counts);
        Assert.Equal((expected.LogPriceSum, expected.PricedEvents), (actual.LogPriceSum, actual.PricedEvents));
        Assert.Equal(expected.EventIds, actual.EventIds);
        Assert.Equal(expected.MergedGuests, actual.MergedGuests);
    }
}
