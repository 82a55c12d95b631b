using Recs.Engine.Embedded;
using Recs.Engine.Tests.Storage;

namespace Recs.Engine.Tests.Embedded;

public class DataFolderTests
{
    [Fact]
    public void A_held_folder_names_its_holder_and_a_freed_one_can_be_taken()
    {
        using var folder = new TempFolder();
        var root = folder.Sub("data");
        using (DataFolder.Lock(root, TimeProvider.System))
        {
            var refused = Assert.Throws<RecommenderException>(() => DataFolder.Lock(root, TimeProvider.System));
            Assert.Equal(RefusalKind.Conflict, refused.Kind);
            Assert.Contains($"process {Environment.ProcessId} since 2", refused.Message);
            Assert.Contains(Environment.CommandLine, refused.Message);
        }
        using var again = DataFolder.Lock(root, TimeProvider.System);
        Assert.Equal("""{"format":1}""", File.ReadAllText(Path.Combine(root, "format.json")));
    }

    [Fact]
    public void A_folder_of_a_later_format_is_refused_and_left_alone()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Sub("format.json"), """{"format":2}""");
        var refused = Assert.Throws<RecommenderException>(() => DataFolder.Lock(folder.Path, TimeProvider.System));
        Assert.Equal(RefusalKind.Conflict, refused.Kind);
        Assert.Contains("format 2; this version reads 1", refused.Message);
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
        File.WriteAllText(folder.Sub("format.json"), "{");
        Assert.Throws<InvalidDataException>(() => DataFolder.Lock(folder.Path, TimeProvider.System));
    }
}
