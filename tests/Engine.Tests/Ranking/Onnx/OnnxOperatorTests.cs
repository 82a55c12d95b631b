using Recs.Engine.Ranking.Onnx;

namespace Recs.Engine.Tests.Ranking.Onnx;

/// <summary>Operators one by one, on numbers that a hand can follow.</summary>
public sealed class OnnxOperatorTests
{
    [Theory]
    [InlineData("Add", "11,21,31,12,22,32")]
    [InlineData("Sub", "-9,-19,-29,-8,-18,-28")]
    [InlineData("Mul", "10,20,30,20,40,60")]
    public void Operands_are_broadcast_both_ways(string name, string expected) =>
        // [2, 1] with [3].
        Check(expected, [2, 3], name, [F([1, 2], 2, 1), F([10, 20, 30], 3)]);

    [Fact]
    public void A_row_and_a_number_are_broadcast_over_rows()
    {
        Check("11,22,13,24", [2, 2], "Add", [F([1, 2, 3, 4], 2, 2), F([10, 20], 2)]);
        Check("2,4,6,8", [2, 2], "Mul", [F([1, 2, 3, 4], 2, 2), F([2])]);
        Check("0.5,1,1.5,2", [2, 2], "Div", [F([1, 2, 3, 4], 2, 2), F([2])]);
    }

    [Fact]
    public void Comparisons_and_logic_give_zeros_and_ones()
    {
        Check("0,1,0", [3], "Less", [F([3, 1, 2], 3), F([2, 2, 2], 3)]);
        Check("1,0,1", [3], "Not", [I([0, 1, 0], 3)]);
        Check("1,0", [2], "IsNaN", [F([float.NaN, 1], 2)]);
        Check("2,1", [2], "Mod", [I([-7, 7], 2), I([3], 1)]);
    }

    [Fact]
    public void Shapes_are_changed_as_the_standard_says()
    {
        var x = F([1, 2, 3, 4, 5, 6], 2, 3);
        Check("1,2,3,4,5,6", [3, 2], "Reshape", [x, I([-1, 2], 2)]);
        Check("1,2,3,4,5,6", [2, 1, 3], "Reshape", [x, I([0, 1, -1], 3)]);
        Check("2,3", [2], "Shape", [x]);
        Check("3,1,6,4", [2, 2], "Gather", [x, I([-1, 0], 2)], ("axis", 1));
        Check("1,2,3,9,4,5,6,8", [2, 4], "Concat", [x, F([9, 8], 2, 1)], ("axis", 1));
        Check("1,2,3,4,5,6", [2, 1, 3], "Unsqueeze", [x, I([1], 1)]);
        Check("0,1,0,1,0,0", [2, 3], "OneHot", [I([1, -3], 2), I([3], 1), F([0, 1], 2)]);
    }

    [Fact]
    public void Reductions_go_over_the_axes_they_are_given()
    {
        var x = F([1, 2, 3, 4, 5, 6], 2, 3);
        Check("5,7,9", [3], "ReduceSum", [x, I([0], 1)], ("keepdims", 0));
        Check("2,5", [2, 1], "ReduceMean", [x, I([-1], 1)]);
        Check("21", [], "ReduceSum", [x], ("keepdims", 0));
        Check("0,1", [2], "ArgMax", [F([3, 3, 1, 2], 2, 2)], ("axis", 1), ("keepdims", 0));
        // e^0 : e^ln3 = 1 : 3.
        Check("0.25,0.75", [1, 2], "Softmax", [F([0, 1.0986123f], 1, 2)]);
    }

    [Fact]
    public void Products_follow_transposes_and_factors()
    {
        Check("7,10,15,22", [2, 2], "MatMul", [F([1, 2, 3, 4], 2, 2), F([1, 2, 3, 4], 2, 2)]);
        // [1 2; 3 4] times its transpose, plus [1 1].
        Check("6,12,12,26", [2, 2], "Gemm", [F([1, 2, 3, 4], 2, 2), F([1, 2, 3, 4], 2, 2), F([1, 1], 2)], ("transB", 1));
    }

    [Fact]
    public void Sizes_and_indices_that_do_not_fit_are_refused_with_the_operator_and_the_numbers()
    {
        Refused("sizes 2 and 3", "Add", [F([1, 2], 2), F([1, 2, 3], 3)]);
        Refused("index 3 on an axis of 2", "Gather", [F([1, 2], 2), I([3], 1)]);
        Refused("division by 0", "Div", [I([1], 1), I([0], 1)]);
        Refused("depth 99999999999", "OneHot", [I([1], 1), I([99_999_999_999], 1), F([0, 1], 2)]);
        Refused("axis 5", "Concat", [F([1], 1)], ("axis", 5));
    }

    private static OnnxConstant F(float[] values, params int[] dims) => new(dims, values, null);

    private static OnnxConstant I(long[] values, params int[] dims) => new(dims, null, values);

    private static OnnxTensor Run(string name, OnnxConstant[] inputs, (string Name, long Value)[] attributes)
    {
        var node = new OnnxNode(name, "", "n", [.. inputs.Select((_, i) => $"i{i}")], ["y"],
            attributes.ToDictionary(a => a.Name, a => new OnnxAttribute { Int = a.Value }, StringComparer.Ordinal));
        var run = new OnnxRun(new OnnxGraph(new OnnxModel
        {
            Nodes = [node],
            Initializers = inputs.Select((t, i) => (t, i)).ToDictionary(p => $"i{p.i}", p => p.t, StringComparer.Ordinal),
            Inputs = [],
            Outputs = ["y"],
            Opsets = new Dictionary<string, int> { [""] = 17 },
            Metadata = new Dictionary<string, string>(),
        }));
        run.Execute();
        return run.Output(0);
    }

    private static void Check(string expected, int[] dims, string name, OnnxConstant[] inputs, params (string Name, long Value)[] attributes)
    {
        var y = Run(name, inputs, attributes);
        Assert.Equal(dims, y.Dims.ToArray());
        var numbers = expected.Split(',').Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(numbers.Length, y.Count);
        for (var i = 0; i < numbers.Length; i++)
            Assert.Equal(numbers[i], y.IsFloat ? y.Floats[i] : y.Ints[i], 1e-6);
    }

    private static void Refused(string why, string name, OnnxConstant[] inputs, params (string Name, long Value)[] attributes) =>
        Assert.Contains(why, Assert.Throws<InvalidDataException>(() => Run(name, inputs, attributes)).Message, StringComparison.Ordinal);
}
