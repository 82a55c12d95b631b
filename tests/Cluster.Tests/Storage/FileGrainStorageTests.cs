using Orleans.Runtime;
using Orleans.Storage;
using Recs.Grains.Storage;

namespace Recs.Cluster.Tests.Storage;

public sealed class FileGrainStorageTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("user", "somebody");
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-states-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_state_written_is_read_again_after_a_stop()
    {
        await using (var storage = Open())
            await storage.WriteStateAsync("user", Grain, Holder("one"));
        await using var again = Open();
        var read = new GrainState<Note>();
        await again.ReadStateAsync("user", Grain, read);
        Assert.Equal((true, "one", "1"), (read.RecordExists, read.State!.Text, read.ETag));
    }

    /// <summary>The copy is what a crash at that moment would have left: nothing was closed or checkpointed.</summary>
    [Fact]
    public async Task A_state_acknowledged_is_there_after_a_crash()
    {
        await using var storage = Open();
        var state = Holder("one");
        await storage.WriteStateAsync("user", Grain, state);
        state.State = new Note { Text = "two" };
        await storage.WriteStateAsync("user", Grain, state);
        await storage.CheckpointAsync();
        state.State = new Note { Text = "three" };
        await storage.WriteStateAsync("user", Grain, state);

        var crashed = Directory.CreateTempSubdirectory("recs-crashed-").FullName;
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            var target = Path.Combine(crashed, Path.GetRelativePath(_folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using var to = File.Create(target);
            await from.CopyToAsync(to);
        }

        await using (var after = FileGrainStorage.Open(crashed, new TextSerializer(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))
        {
            var read = new GrainState<Note>();
            await after.ReadStateAsync("user", Grain, read);
            Assert.Equal(("three", "3"), (read.State!.Text, read.ETag));
        }

        Directory.Delete(crashed, recursive: true);
    }

    [Fact]
    public async Task A_writer_that_knows_an_older_version_is_refused_and_changes_nothing()
    {
        await using var storage = Open();
        var first = Holder("one");
        await storage.WriteStateAsync("user", Grain, first);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("user", Grain, Holder("other")));
        var read = new GrainState<Note>();
        await storage.ReadStateAsync("user", Grain, read);
        Assert.Equal("one", read.State!.Text);
    }

    [Fact]
    public async Task A_cleared_state_leaves_no_byte_in_the_folder()
    {
        const string Secret = "a-text-that-nobody-else-writes";
        await using (var storage = Open())
        {
            var state = Holder(Secret);
            await storage.WriteStateAsync("user", Grain, state);
            await storage.WriteStateAsync("user", GrainId.Create("user", "other"), Holder("stays"));
            await storage.ClearStateAsync("user", Grain, state);
            Assert.False(state.RecordExists);
        }

        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(Secret, File.ReadAllText(file));
        await using var again = Open();
        var read = new GrainState<Note>();
        await again.ReadStateAsync("user", Grain, read);
        Assert.False(read.RecordExists);
        await again.ReadStateAsync("user", GrainId.Create("user", "other"), read);
        Assert.Equal("stays", read.State!.Text);
    }

    private FileGrainStorage Open() => FileGrainStorage.Open(_folder, new TextSerializer(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private static GrainState<Note> Holder(string text) => new(new Note { Text = text });

    private sealed class Note
    {
        public string Text { get; init; } = "";
    }

    private sealed class TextSerializer : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => BinaryData.FromString(((Note)(object)input!).Text);

        public T? Deserialize<T>(BinaryData input) => (T)(object)new Note { Text = input.ToString() };
    }
}
