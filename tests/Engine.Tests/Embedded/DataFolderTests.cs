using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;
using Recs.Engine.Tests.Storage;

namespace Recs.Engine.Tests.Embedded;

public class DataFolderTests
{
    private static readonly VectorSpace Text = new("text", 16, SpaceMetric.Cosine);

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
        File.WriteAllText(folder.Sub("format.json"), """{"format":3}""");
        var refused = Assert.Throws<RecommenderException>(() => DataFolder.Lock(folder.Path, TimeProvider.System));
        Assert.Equal(RefusalKind.Conflict, refused.Kind);
        Assert.Contains("format 3; this version reads 1 to 2", refused.Message);
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
        File.WriteAllText(folder.Sub("format.json"), "{");
        Assert.Throws<InvalidDataException>(() => DataFolder.Lock(folder.Path, TimeProvider.System));
    }

    [Fact]
    public void A_folder_has_the_format_that_knows_of_spaces_from_its_first_space_on()
    {
        using var folder = new TempFolder();
        var root = folder.Sub("data");
        var format = Path.Combine(root, "format.json");
        using (DataFolder.Lock(root, TimeProvider.System))
        {
            SpaceFile.Declare(root, []);
            Assert.Equal("""{"format":1}""", File.ReadAllText(format));
            Assert.Throws<RecommenderException>(() => SpaceFile.Declare(root, [Text, Text]));
            Assert.Equal("""{"format":1}""", File.ReadAllText(format));
            SpaceFile.Declare(root, [Text]);
            Assert.Equal("""{"format":2}""", File.ReadAllText(format));
        }

        using (DataFolder.Lock(root, TimeProvider.System))
            Assert.Equal("""{"format":2}""", File.ReadAllText(format));
        // A copy of the folder may have been made while the space was declared.
        File.WriteAllText(format, """{"format":1}""");
        Assert.Equal([Text], SpaceFile.Declare(root, []));
        Assert.Equal("""{"format":2}""", File.ReadAllText(format));
    }
}
