using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;
using Recs.Engine.Tests.Storage;
using static Recs.Engine.Tests.Events.LogHelpers;

namespace Recs.Engine.Tests.Embedded;

public class BackupTests
{
    private static readonly SegmentedLogOptions Options = new() { SegmentBytes = 64 << 10 };

    private static async Task<string> MakeFolder(TempFolder folder)
    {
        var root = folder.Sub("data");
        using var held = DataFolder.Lock(root, TimeProvider.System);
        await Fill(DataFolder.Events(root), Options, [.. Enumerable.Range(0, 200).Select(i => Numbered(i, 1000))]);
        await Fill(DataFolder.Impressions(root), Options, "shown");
        await Fill(DataFolder.Catalog(root), Options, "item");
        await using (var sessions = SessionStore.Open(DataFolder.Sessions(root), SessionStoreTests.SmallFiles, out _))
        {
            for (var i = 0; i < 100; i++)
                sessions.Put($"user-{i}", Bytes($"session {i}"));
            sessions.Checkpoint(150, Bytes("state"));
            sessions.Put("user-3", Bytes("newer"));
        }
        File.WriteAllText(DataFolder.Rules(root), "[]");
        SpaceFile.Declare(root, [new VectorSpace("text", 16, SpaceMetric.Cosine)]);
        Directory.CreateDirectory(Path.Combine(DataFolder.Models(root), "v1"));
        File.WriteAllText(Path.Combine(DataFolder.Models(root), "v1", "manifest.json"), "{}");
        Directory.CreateDirectory(Path.Combine(DataFolder.Models(root), ".v2-being-written"));
        File.WriteAllText(Path.Combine(DataFolder.Models(root), ".v2-being-written", "factors"), "half");
        return root;
    }

    private static Dictionary<string, string> Contents(string root) => Directory
        .EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(root, file), file => Convert.ToHexString(File.ReadAllBytes(file)));

    [Fact]
    public async Task A_backup_restored_is_the_folder_again()
    {
        using var folder = new TempFolder();
        var root = await MakeFolder(folder);
        var report = DataFolder.Backup(root, folder.Sub("backup"));
        Assert.Equal(202, report.Records);
        Directory.CreateDirectory(folder.Sub("restored"));
        var restored = DataFolder.Restore(folder.Sub("backup"), folder.Sub("restored"));
        Assert.Equal(report, restored);
        var expected = Contents(root);
        foreach (var left in new[] { "LOCK", Path.Combine("models", ".v2-being-written", "factors") })
            Assert.True(expected.Remove(left), left);
        Assert.Equal(expected.OrderBy(p => p.Key), Contents(folder.Sub("restored")).OrderBy(p => p.Key));
        Assert.Equal(expected.Count, report.Files);
        await using var sessions = SessionStore.Open(DataFolder.Sessions(folder.Sub("restored")), out var recovery);
        Assert.Equal((100L, 0L, 150L), (recovery.Sessions, recovery.Damaged, sessions.LastCheckpoint.NextOrdinal));
        Assert.Equal(3, Directory.GetDirectories(folder.Path).Length);
    }

    [Fact]
    public void The_folder_of_a_cluster_is_refused_with_spaces_too()
    {
        using var folder = new TempFolder();
        var root = folder.Sub("store");
        Directory.CreateDirectory(root);
        File.WriteAllText(Path.Combine(root, "cluster.json"), """{"logPartitions":4}""");
        SpaceFile.Declare(root, [new VectorSpace("text", 16, SpaceMetric.Cosine)]);
        var refused = Assert.Throws<RecommenderException>(() => DataFolder.Backup(root, folder.Sub("backup")));
        Assert.Equal(RefusalKind.Invalid, refused.Kind);
        Assert.Contains("cluster", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Sub("backup")));
    }

    [Fact]
    public async Task A_torn_tail_is_left_out_and_damage_before_it_is_named()
    {
        using var folder = new TempFolder();
        var root = await MakeFolder(folder);
        var segments = Segments(DataFolder.Events(root));
        using (var file = File.Open(segments[^1], FileMode.Append))
            file.Write(new byte[100]);
        Assert.Equal(202, DataFolder.Backup(root, folder.Sub("backup")).Records);
        var bytes = File.ReadAllBytes(segments[0]);
        bytes[5000] ^= 1;
        File.WriteAllBytes(segments[0], bytes);
        var refused = Assert.Throws<InvalidDataException>(() => DataFolder.Backup(root, folder.Sub("another")));
        Assert.Contains(segments[0], refused.Message);
        Assert.False(Directory.Exists(folder.Sub("another")));
        Assert.False(Directory.Exists(folder.Sub("another.partial")));
    }

    [Fact]
    public async Task Any_changed_missing_or_cut_file_of_a_backup_is_named_and_nothing_is_restored()
    {
        using var folder = new TempFolder();
        var root = await MakeFolder(folder);
        var backup = folder.Sub("backup");
        DataFolder.Backup(root, backup);
        var random = new Random(4);
        foreach (var file in Directory.GetFiles(backup, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "backup.json"))
        {
            var bytes = File.ReadAllBytes(file);
            var flipped = bytes.ToArray();
            flipped[random.Next(bytes.Length)] ^= 1;
            foreach (var changed in new[] { flipped, bytes[..^1], [.. bytes, 0], null })
            {
                File.Delete(file);
                if (changed is not null)
                    File.WriteAllBytes(file, changed);
                var refused = Assert.Throws<InvalidDataException>(() => DataFolder.Restore(backup, folder.Sub("restored")));
                Assert.Contains(file, refused.Message);
                Assert.False(Directory.Exists(folder.Sub("restored")));
            }
            File.WriteAllBytes(file, bytes);
        }
        DataFolder.Restore(backup, folder.Sub("restored"));
    }

    [Fact]
    public async Task What_is_no_folder_no_backup_or_no_free_place_is_refused()
    {
        using var folder = new TempFolder();
        var root = await MakeFolder(folder);
        var backup = folder.Sub("backup");
        Assert.Equal(RefusalKind.NotFound, Assert.Throws<RecommenderException>(() => DataFolder.Backup(folder.Sub("absent"), backup)).Kind);
        Assert.Equal(RefusalKind.NotFound, Assert.Throws<RecommenderException>(() => DataFolder.Restore(root, folder.Sub("r"))).Kind);
        Assert.Equal(RefusalKind.Invalid, Assert.Throws<RecommenderException>(() => DataFolder.Backup(root, Path.Combine(root, "backups", "one"))).Kind);
        DataFolder.Backup(root, backup);
        Assert.Equal(RefusalKind.Conflict, Assert.Throws<RecommenderException>(() => DataFolder.Backup(root, backup)).Kind);
        Assert.Equal(RefusalKind.Conflict, Assert.Throws<RecommenderException>(() => DataFolder.Restore(backup, root)).Kind);
    }

    [Fact]
    public async Task A_manifest_that_points_outside_the_backup_is_refused()
    {
        using var folder = new TempFolder();
        var root = await MakeFolder(folder);
        var backup = folder.Sub("backup");
        DataFolder.Backup(root, backup);
        var manifest = Path.Combine(backup, "backup.json");
        var text = File.ReadAllText(manifest);
        foreach (var path in new[] { "../rules.json", "/tmp/rules.json", "models/../../rules.json", "" })
        {
            File.WriteAllText(manifest, text.Replace("\"rules.json\"", $"\"{path}\"", StringComparison.Ordinal));
            Assert.Contains("no path inside", Assert.Throws<InvalidDataException>(() => DataFolder.Restore(backup, folder.Sub("restored"))).Message);
        }
    }

    [Fact]
    public async Task Backups_made_while_a_server_works_are_consistent_each_time()
    {
        using var folder = new TempFolder();
        var root = await MakeFolder(folder);
        using var stop = new CancellationTokenSource();
        var working = Task.Run(() => Work(root, stop.Token));
        for (var i = 0; i < 8; i++)
        {
            var before = SegmentedLog.ReadFolder(DataFolder.Events(root)).Last().Ordinal;
            DataFolder.Backup(root, folder.Sub($"backup{i}"));
            var restored = folder.Sub($"restored{i}");
            DataFolder.Restore(folder.Sub($"backup{i}"), restored);
            await using var log = SegmentedLog.Open(DataFolder.Events(restored), Options, out var events);
            await using var sessions = SessionStore.Open(DataFolder.Sessions(restored), SessionStoreTests.SmallFiles, out var recovery);
            Assert.Equal((0L, 0L), (events.TornBytes, recovery.Damaged));
            Assert.True(log.NextOrdinal > before, "an acknowledged record is missing");
            var held = sessions.LastCheckpoint.NextOrdinal;
            Assert.InRange(held, log.FirstOrdinal, log.NextOrdinal);
            // Each user's session is the ordinal of its last event; none may be older than the checkpoint says or newer than the log.
            var last = new Dictionary<string, long>();
            foreach (var record in log.Read())
                if (Text(record).Split(' ') is ["event", var user, ..] && record.Ordinal < held)
                    last[user] = record.Ordinal;
            foreach (var (user, ordinal) in last)
                Assert.InRange(long.Parse(SessionStoreTests.Get(sessions, user)!), ordinal, log.NextOrdinal - 1);
        }
        stop.Cancel();
        await working;
    }

    private static async Task Work(string root, CancellationToken stop)
    {
        await using var log = SegmentedLog.Open(DataFolder.Events(root), Options with { Flush = FlushPolicy.EverySecond }, out _);
        await using var sessions = SessionStore.Open(DataFolder.Sessions(root), SessionStoreTests.SmallFiles, out _);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var user = $"user-{i % 100}";
            var ordinal = await log.AppendAsync(Bytes($"event {user} ".PadRight(200)));
            sessions.Put(user, Bytes($"{ordinal}"));
            if (i % 50 == 49)
                sessions.Checkpoint(ordinal + 1, []);
            if (i % 400 == 399)
                sessions.CompactIfStale();
            if (i % 700 == 699)
                log.DropBefore(ordinal - 500);
        }
    }
}
