namespace Recs.Engine.Tests.Ranking;

public class FeatureSchemaTests
{
    [Fact]
    public void Every_feature_has_its_place_in_the_row()
    {
        var places = Enum.GetValues<Feature>();
        Assert.Equal(places.Length, FeatureSchema.Width);
        foreach (var place in places)
            Assert.Equal(place.ToString(), string.Concat(FeatureSchema.Features[(int)place].Name.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..])));
    }

    [Fact]
    public void The_hash_changes_with_name_unit_default_and_order()
    {
        FeatureDefinition a = new("a", "1", 0, "x"), b = new("b", "1", 0, "y");
        var hashes = new[]
        {
            FeatureSchema.ComputeHash([a, b]),
            FeatureSchema.ComputeHash([b, a]),
            FeatureSchema.ComputeHash([a with { Unit = "m" }, b]),
            FeatureSchema.ComputeHash([a with { Default = 1 }, b]),
            FeatureSchema.ComputeHash([a]),
        };
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Equal(hashes[0], FeatureSchema.ComputeHash([a with { Doc = "reworded" }, b]));
        Assert.Equal(64, FeatureSchema.Hash.Length);
    }
}
