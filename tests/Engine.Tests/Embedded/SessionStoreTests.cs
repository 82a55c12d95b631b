using System.Text;
using Recs.Engine.Embedded;
using Recs.Engine.Tests.Storage;

namespace Recs.Engine.Tests.Embedded;

public class SessionStoreTests
{
    internal static readonly SessionStoreSettings SmallFiles = SessionStoreSettings.Default with { FileBytes = 4 << 10 };

    internal static byte[] Blob(string text) => Encoding.UTF8.GetBytes(text);

    internal static string? Get(SessionStore store, string id) =>
        store.TryGet(id) is { } blob ? Encoding.UTF8.GetString(blob) : null;

    [Fact]
    public async Task The_session_put_last_is_found_also_after_reopening()
    {
        using var folder = new TempFolder();
        await using (var store = SessionStore.Open(folder.Path, SmallFiles, out var first))
        {
            Assert.Equal(new StoreRecovery(0, 0, 0), first);
            Assert.Equal(0, store.LastCheckpoint.NextOrdinal);
            for (var round = 0; round < 5; round++)
                for (var user = 0; user < 100; user++)
                    store.Put($"user-{user}", Blob($"{user}/{round}"));
            store.Put("nothing", []);
            store.Checkpoint(77, [1, 2, 3]);
            Check(store);
        }
        await using (var store = SessionStore.Open(folder.Path, SmallFiles, out var again))
        {
            Assert.Equal(new StoreRecovery(101, 0, 0), again);
            Check(store);
            Assert.Equal((77L, 3), (store.LastCheckpoint.NextOrdinal, store.LastCheckpoint.State.Length));
        }

        static void Check(SessionStore store)
        {
            Assert.Equal(101, store.Count);
            for (var user = 0; user < 100; user++)
                Assert.Equal($"{user}/4", Get(store, $"user-{user}"));
            Assert.Equal("", Get(store, "nothing"));
            Assert.Null(store.TryGet("user-100"));
            Assert.True(store.Contains("user-7"));
            Assert.False(store.Contains("user-07"));
            Assert.Equal(101, store.UserIds().Distinct().Count());
        }
    }

    [Fact]
    public async Task Users_whose_hashes_collide_are_told_apart()
    {
        using var folder = new TempFolder();
        var settings = SmallFiles with { Hash = id => (ulong)(id.Length % 2) };
        await using (var store = SessionStore.Open(folder.Path, settings, out _))
        {
            for (var user = 0; user < 200; user++)
                store.Put($"u{user}", Blob($"first {user}"));
            for (var user = 0; user < 200; user += 2)
                store.Put($"u{user}", Blob($"second {user}"));
            store.Erase(["u5", "u6"]);
            store.CompactIfStale();
            store.Checkpoint(1, []);
            Check(store);
        }
        await using (var store = SessionStore.Open(folder.Path, settings, out _))
            Check(store);

        static void Check(SessionStore store)
        {
            Assert.Equal(198, store.Count);
            for (var user = 0; user < 200; user++)
                Assert.Equal(user is 5 or 6 ? null : $"{(user % 2 == 0 ? "second" : "first")} {user}", Get(store, $"u{user}"));
            Assert.Null(store.TryGet("x"));
        }
    }

    [Fact]
    public async Task It_behaves_as_a_dictionary_through_random_puts_erasures_compactions_and_reopenings()
    {
        for (var seed = 0; seed < 6; seed++)
        {
            using var folder = new TempFolder();
            var random = new Random(seed);
            var expected = new Dictionary<string, string>();
            var settings = seed % 2 == 0 ? SmallFiles : SmallFiles with { Hash = id => id[^1] };
            var store = SessionStore.Open(folder.Path, settings, out _);
            for (var step = 0; step < 1500; step++)
            {
                var user = $"user-{random.Next(60)}";
                switch (random.Next(60))
                {
                    case 0:
                        await store.DisposeAsync();
                        store = SessionStore.Open(folder.Path, settings, out var recovery);
                        Assert.Equal(new StoreRecovery(expected.Count, 0, 0), recovery);
                        break;
                    case 1:
                        store.Checkpoint(step, Blob($"{step}"));
                        break;
                    case 2:
                        store.CompactIfStale();
                        break;
                    case 3:
                        store.Erase([user]);
                        expected.Remove(user);
                        Assert.Empty(TempFolder.FilesHolding(folder.Path, user + "\n"));
                        break;
                    default:
                        expected[user] = $"{user}\n{step}".PadRight(random.Next(300), '.');
                        store.Put(user, Blob(expected[user]));
                        break;
                }
                Assert.Equal(expected.GetValueOrDefault(user), Get(store, user));
            }
            Assert.Equal(expected.Keys.Order(), store.UserIds().Order());
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Compaction_frees_what_is_stale_and_keeps_what_is_not()
    {
        using var folder = new TempFolder();
        await using var store = SessionStore.Open(folder.Path, SmallFiles, out _);
        for (var round = 0; round < 10; round++)
            for (var user = 0; user < 50; user++)
                store.Put($"user-{user}", Blob($"{user}/{round}".PadRight(100)));
        store.Checkpoint(9, [9]);
        var before = store.Bytes;
        var freed = store.CompactIfStale();
        Assert.Equal(before - freed, store.Bytes);
        // 50 live records of about 125 bytes, and headers.
        Assert.InRange(store.Bytes, 50 * 120, 50 * 140);
        Assert.Equal(Directory.GetFiles(folder.Path, "*.seg").Sum(file => new FileInfo(file).Length), store.Bytes);
        Assert.Equal(0, store.CompactIfStale());
        Assert.Equal((9L, 1), (store.LastCheckpoint.NextOrdinal, store.LastCheckpoint.State.Length));
        for (var user = 0; user < 50; user++)
            Assert.Equal($"{user}/9".PadRight(100), Get(store, $"user-{user}"));
    }

    [Fact]
    public async Task After_an_erasure_no_byte_of_the_id_is_in_the_folder_and_the_checkpoint_stays()
    {
        using var folder = new TempFolder();
        await using (var store = SessionStore.Open(folder.Path, SmallFiles, out _))
        {
            for (var round = 0; round < 4; round++)
            {
                for (var user = 0; user < 60; user++)
                    store.Put($"user-{user}", Blob($"{user}/{round}".PadRight(80)));
                store.Put("secret-one", Blob("secret-one's session"));
                store.Put("secret-two", Blob("secret-two's session"));
                if (round == 2)
                    store.Checkpoint(5, Blob("state"));
            }
            Assert.True(TempFolder.FilesHolding(folder.Path, "secret").Count >= 3);
            Assert.True(store.Erase(["secret-one", "secret-two", "never seen"]) >= 3);
            Assert.Empty(TempFolder.FilesHolding(folder.Path, "secret"));
            Assert.Equal(0, store.Erase(["secret-one"]));
            Check(store);
        }
        await using (var store = SessionStore.Open(folder.Path, SmallFiles, out var recovery))
        {
            Assert.Equal(new StoreRecovery(60, 0, 0), recovery);
            Check(store);
        }

        static void Check(SessionStore store)
        {
            Assert.Equal(60, store.Count);
            Assert.Equal((5L, "state"), (store.LastCheckpoint.NextOrdinal, Encoding.UTF8.GetString(store.LastCheckpoint.State)));
            Assert.Null(store.TryGet("secret-one"));
            for (var user = 0; user < 60; user++)
                Assert.Equal($"{user}/3".PadRight(80), Get(store, $"user-{user}"));
        }
    }

    [Fact]
    public async Task Readers_always_find_a_session_while_it_is_put_compacted_and_others_are_erased()
    {
        using var folder = new TempFolder();
        await using var store = SessionStore.Open(folder.Path, SmallFiles, out _);
        for (var user = 0; user < 50; user++)
            store.Put($"user-{user}", Blob($"{user}/0".PadRight(60)));
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var user = random.Next(50);
                var found = Get(store, $"user-{user}");
                Assert.StartsWith($"{user}/", found);
                if (random.Next(200) == 0)
                    Assert.True(store.UserIds().Count(id => id.StartsWith("user-", StringComparison.Ordinal)) == 50);
            }
        })).ToArray();
        for (var step = 1; step < 3000; step++)
        {
            store.Put($"user-{step % 50}", Blob($"{step % 50}/{step}".PadRight(60)));
            if (step % 10 == 0)
                store.Put("passing", Blob("by"));
            if (step % 50 == 0)
                store.CompactIfStale();
            if (step % 70 == 0)
                store.Erase(["passing"]);
        }
        stop.Cancel();
        await Task.WhenAll(readers);
    }

    [Fact]
    public void Ids_that_are_no_unicode_are_refused()
    {
        using var folder = new TempFolder();
        var store = SessionStore.Open(folder.Path, out _);
        var refused = Assert.Throws<RecommenderException>(() => store.Put("a\ud800", [1]));
        Assert.Equal("userId", refused.Field);
        Assert.Equal(0, store.Count);
    }
}
