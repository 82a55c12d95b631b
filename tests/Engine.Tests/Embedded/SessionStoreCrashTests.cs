using Recs.Engine.Embedded;
using Recs.Engine.Tests.Storage;
using static Recs.Engine.Tests.Embedded.SessionStoreTests;

namespace Recs.Engine.Tests.Embedded;

public class SessionStoreCrashTests
{
    private const int Users = 30;

    /// <summary>Every user's session is its number and a version; versions up to the checkpoint's ordinal count as held.</summary>
    private static void PutAll(SessionStore store, int version)
    {
        for (var user = 0; user < Users; user++)
            store.Put($"user-{user}", Blob($"{version}".PadRight(100)));
    }

    [Fact]
    public async Task Killed_at_any_operation_of_a_checkpoint_compaction_or_erasure_no_session_is_older_than_the_checkpoint_found()
    {
        using var folder = new TempFolder();
        var before = folder.Sub("before");
        await using (var store = SessionStore.Open(before, SmallFiles, out _))
        {
            for (var version = 1; version <= 4; version++)
                PutAll(store, version);
            store.Put("secret", Blob("secret"));
            store.Checkpoint(4, [4]);
        }
        var completed = false;
        for (var crashAt = 1; !completed; crashAt++)
        {
            var work = folder.Sub($"work{crashAt}");
            TempFolder.Copy(before, work);
            var files = new FaultyFiles();
            var store = SessionStore.Open(work, SmallFiles with { Files = files }, out _);
            files.CrashAt = files.Operations + crashAt;
            var erased = false;
            try
            {
                PutAll(store, 5);
                store.Checkpoint(5, [5]);
                store.CompactIfStale();
                PutAll(store, 6);
                store.Erase(["secret"]);
                erased = true;
                store.Checkpoint(6, [6]);
                await store.DisposeAsync();
                completed = !files.Crashed;
            }
            catch (RecommenderException)
            {
                Assert.True(files.Crashed);
            }
            await using (var again = SessionStore.Open(work, SmallFiles, out var recovery))
            {
                Assert.Equal(0, recovery.Damaged);
                var (ordinal, state) = again.LastCheckpoint;
                Assert.InRange(ordinal, 4, 6);
                Assert.Equal([(byte)ordinal], state);
                for (var user = 0; user < Users; user++)
                    Assert.InRange(int.Parse(Get(again, $"user-{user}")!), ordinal, 6);
                if (erased)
                    Assert.Null(again.TryGet("secret"));
                else if (again.TryGet("secret") is not null)
                    Assert.Equal("secret", Get(again, "secret"));
                again.Erase(["secret"]);
                Assert.Empty(TempFolder.FilesHolding(work, "secret"));
                Assert.Empty(Directory.GetFiles(work, "*.tmp"));
                PutAll(again, 7);
                again.Checkpoint(7, []);
            }
            Directory.Delete(work, recursive: true);
            Assert.True(crashAt < 2000);
        }
    }

    [Fact]
    public async Task Cut_at_any_byte_behind_the_checkpoint_every_session_is_at_least_as_new_as_it()
    {
        using var folder = new TempFolder();
        var before = folder.Sub("before");
        long checkpointed;
        var settings = SessionStoreSettings.Default;
        await using (var store = SessionStore.Open(before, settings, out _))
        {
            PutAll(store, 1);
            store.Checkpoint(1, []);
            checkpointed = store.Bytes;
            store.Put("user-0", Blob("2"));
            store.Put("user-1", Blob("2"));
            store.Put("user-2", Blob("2"));
        }
        var file = Directory.GetFiles(before, "*.seg").Single();
        var bytes = File.ReadAllBytes(file);
        var record = 16 + 2 + 6 + 1;
        Assert.Equal(checkpointed + 3 * record, bytes.Length);
        for (var length = (int)checkpointed; length < bytes.Length; length++)
        {
            var work = folder.Sub("work");
            TempFolder.Copy(before, work);
            File.WriteAllBytes(Path.Combine(work, Path.GetFileName(file)), bytes[..length]);
            await using (var store = SessionStore.Open(work, settings, out var recovery))
            {
                var whole = (length - (int)checkpointed) / record;
                Assert.Equal(new StoreRecovery(Users, length - checkpointed - whole * record, 0), recovery);
                for (var user = 0; user < Users; user++)
                    Assert.Equal(user < whole ? "2" : "1".PadRight(100), Get(store, $"user-{user}"));
                Assert.Equal(1, store.LastCheckpoint.NextOrdinal);
            }
            Directory.Delete(work, recursive: true);
        }
    }

    [Fact]
    public async Task After_any_flipped_byte_or_missing_file_no_session_is_older_than_the_checkpoint_found()
    {
        using var folder = new TempFolder();
        var before = folder.Sub("before");
        await using (var store = SessionStore.Open(before, SmallFiles, out _))
        {
            PutAll(store, 1);
            PutAll(store, 2);
            store.Checkpoint(2, [2]);
            store.Put("user-3", Blob("3"));
        }
        var random = new Random(8);
        foreach (var file in Directory.GetFiles(before))
        {
            var bytes = File.ReadAllBytes(file);
            for (var at = -1; at < bytes.Length; at += at < 0 ? 1 : random.Next(1, 80))
            {
                var work = folder.Sub("work");
                TempFolder.Copy(before, work);
                var target = Path.Combine(work, Path.GetFileName(file));
                if (at < 0)
                {
                    File.Delete(target);
                }
                else
                {
                    var changed = bytes.ToArray();
                    changed[at] ^= (byte)(1 << random.Next(8));
                    File.WriteAllBytes(target, changed);
                }
                for (var opening = 0; opening < 2; opening++)
                {
                    await using var store = SessionStore.Open(work, SmallFiles, out var recovery);
                    Assert.True(opening == 0 || recovery.Damaged == 0);
                    var ordinal = store.LastCheckpoint.NextOrdinal;
                    for (var user = 0; user < Users && ordinal > 0; user++)
                        Assert.InRange(int.Parse(Get(store, $"user-{user}") ?? "0"), 2, 3);
                }
                Directory.Delete(work, recursive: true);
            }
        }
    }

    [Fact]
    public async Task On_a_full_disk_a_put_is_refused_the_old_session_stays_and_later_puts_succeed()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        await using (var store = SessionStore.Open(folder.Path, SmallFiles with { Files = files }, out _))
        {
            store.Put("user", Blob("old"));
            files.SpaceLeft = 10;
            var refused = Assert.Throws<RecommenderException>(() => store.Put("user", Blob("new and much longer")));
            Assert.Equal(RefusalKind.StorageFull, refused.Kind);
            Assert.Equal("old", Get(store, "user"));
            Assert.Throws<RecommenderException>(() => store.Checkpoint(5, []));
            Assert.Equal(0, store.LastCheckpoint.NextOrdinal);
            files.SpaceLeft = null;
            store.Put("user", Blob("newest"));
            store.Checkpoint(6, []);
        }
        await using var again = SessionStore.Open(folder.Path, SmallFiles, out var recovery);
        Assert.Equal(new StoreRecovery(1, 0, 0), recovery);
        Assert.Equal("newest", Get(again, "user"));
        Assert.Equal(6, again.LastCheckpoint.NextOrdinal);
    }

    [Fact]
    public async Task A_failed_erasure_can_be_repeated_and_loses_nobody()
    {
        using var folder = new TempFolder();
        var files = new FaultyFiles();
        await using var store = SessionStore.Open(folder.Path, SmallFiles with { Files = files }, out _);
        PutAll(store, 1);
        store.Put("secret", Blob("s"));
        PutAll(store, 2);
        files.FailDirectoryFlush = true;
        Assert.Throws<RecommenderException>(() => store.Erase(["secret"]));
        files.FailDirectoryFlush = false;
        store.Erase(["secret"]);
        Assert.Empty(TempFolder.FilesHolding(folder.Path, "secret"));
        for (var user = 0; user < Users; user++)
            Assert.Equal("2".PadRight(100), Get(store, $"user-{user}"));
    }
}
