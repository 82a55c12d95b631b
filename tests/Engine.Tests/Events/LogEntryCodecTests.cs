namespace Recs.Engine.Tests.Events;

public class LogEntryCodecTests
{
    private static readonly string[] Ids = ["u1", "user-0123456", "ü", "日本語", "i", "item 7", "😀", ""];

    internal static LogEntry Random(Random random)
    {
        if (random.Next(4) == 0)
        {
            var session = new byte[random.Next(300)];
            random.NextBytes(session);
            return new LogEntry.Merge(Id(), Id(), random.NextInt64(1, long.MaxValue), session);
        }
        var events = Enumerable.Range(0, random.Next(20)).Select(_ => new LoggedEvent
        {
            UserId = Id(),
            ItemId = Id(),
            Type = (InteractionType)random.Next(9),
            Sequence = random.NextInt64(random.Next(2) == 0 ? 100 : long.MaxValue),
            AtMs = random.NextInt64(-62135596800000, 253402300800000),
            Weight = random.Next(2) == 0 ? null : random.NextDouble() * 100,
            Revenue = random.Next(2) == 0 ? null : random.NextDouble() * 1e9,
            EventIdHash = random.Next(2) == 0 ? 0 : (ulong)random.NextInt64(),
            RequestId = random.Next(2) == 0 ? null : $"request-{random.Next(5)}",
        }).ToArray();
        return random.Next(2) == 0
            ? new LogEntry.Events(events)
            : new LogEntry.Events(events, $"sha-{random.Next()}", random.NextInt64());

        string Id() => Ids[random.Next(Ids.Length)];
    }

    internal static void AssertSame(LogEntry? expected, LogEntry? actual)
    {
        switch (expected)
        {
            case LogEntry.Events events:
                var other = Assert.IsType<LogEntry.Events>(actual);
                Assert.Equal(events.Accepted, other.Accepted);
                Assert.Equal((events.ImportSource, events.ImportNextRow), (other.ImportSource, other.ImportNextRow));
                break;
            case LogEntry.Merge merge:
                var found = Assert.IsType<LogEntry.Merge>(actual);
                Assert.Equal((merge.GuestId, merge.TargetId, merge.Sequence), (found.GuestId, found.TargetId, found.Sequence));
                Assert.Equal(merge.GuestSession.ToArray(), found.GuestSession.ToArray());
                break;
            default:
                Assert.Null(actual);
                break;
        }
    }

    [Fact]
    public void What_is_encoded_decodes_to_the_same()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var entry = Random(new Random(seed));
            AssertSame(entry, LogEntryCodec.Decode(LogEntryCodec.Encode(entry)));
        }
    }

    [Fact]
    public void The_bytes_of_a_small_frame_are_those_of_the_documented_layout()
    {
        var entry = new LogEntry.Events(
            [new LoggedEvent { UserId = "u", ItemId = "ab", Type = InteractionType.Click, Sequence = 300, AtMs = 5 }], "s", 2);
        byte[] expected =
        [
            1, 1,               // version, kind
            1, 1, (byte)'s', 2, // import mark, source, next row
            2, 1, (byte)'u', 2, (byte)'a', (byte)'b',
            1,                  // one event
            2, 0, 1,            // click; text 0; text 1
            0xAC, 0x02,         // sequence 300
            10,                 // zigzag of 5
        ];
        Assert.Equal(expected, LogEntryCodec.Encode(entry));
    }

    [Fact]
    public void Ids_are_written_once_a_frame()
    {
        var one = Frame(1);
        var hundred = Frame(100);
        // 99 further events: type, two references, sequence and time of a byte or two each.
        Assert.InRange(hundred.Length - one.Length, 99 * 5, 99 * 7);

        static byte[] Frame(int count) => LogEntryCodec.Encode(new LogEntry.Events([.. Enumerable.Range(0, count).Select(i =>
            new LoggedEvent { UserId = new string('u', 100), ItemId = new string('i', 100), Type = InteractionType.View, Sequence = i, AtMs = i * 50 })]));
    }

    [Fact]
    public void An_emptied_frame_decodes_to_nothing() => Assert.Null(LogEntryCodec.Decode([]));

    [Fact]
    public void A_later_version_is_refused_by_number()
    {
        var problem = Assert.Throws<InvalidDataException>(() => LogEntryCodec.Decode([9, 1, 0, 0, 0]));
        Assert.Contains("format 9", problem.Message);
    }

    [Fact]
    public void Damaged_payloads_are_refused_or_decode_to_a_frame_but_never_fail_otherwise()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var bytes = LogEntryCodec.Encode(Random(random));
            switch (random.Next(4))
            {
                case 0:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 1:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes = [.. bytes, (byte)random.Next(256)];
                    break;
                default:
                    random.NextBytes(bytes.AsSpan(2));
                    break;
            }
            try
            {
                // Whatever decodes must be a frame that can be written again: a rewrite of the log depends on it.
                if (LogEntryCodec.Decode(bytes) is { } entry)
                    AssertSame(entry, LogEntryCodec.Decode(LogEntryCodec.Encode(entry)));
            }
            catch (InvalidDataException)
            {
            }
            catch (Exception other)
            {
                Assert.Fail($"seed {seed}: {other}");
            }
        }
    }

    [Fact]
    public void Claimed_counts_and_lengths_cannot_ask_for_memory()
    {
        byte[][] hostile =
        [
            [1, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x07],
            [1, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x07],
            [1, 1, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x07],
            [1, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            [1, 2, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        ];
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var bytes in hostile)
            Assert.Throws<InvalidDataException>(() => LogEntryCodec.Decode(bytes));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void What_would_not_come_back_is_refused_before_it_is_logged()
    {
        Refused(Event() with { UserId = "a\ud800" });
        Refused(Event() with { Weight = double.NaN });
        Refused(Event() with { Revenue = double.PositiveInfinity });
        Refused(Event() with { Type = (InteractionType)9 });
        Refused(Event() with { Sequence = -1 });
        Refused(Event() with { AtMs = long.MaxValue });

        static void Refused(LoggedEvent logged) =>
            Assert.Equal(RefusalKind.Invalid, Assert.Throws<RecommenderException>(() => LogEntryCodec.Encode(new LogEntry.Events([logged]))).Kind);

        static LoggedEvent Event() => new() { UserId = "u", ItemId = "i", Type = InteractionType.View, Sequence = 1, AtMs = 1 };
    }
}
