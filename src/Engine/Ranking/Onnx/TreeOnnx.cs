using Recs.Engine.Ranking.Trees;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>Tree ensembles as ONNX files: a TreeEnsembleRegressor of ai.onnx.ml, and a sigmoid behind it.</summary>
public static class TreeOnnx
{
    internal const string Kind = "trees";

    /// <summary>
    /// The file. A split by categories, which that operator does not know, reads a column made before it: 0 for the codes
    /// that go left, else 1; codes are taken as whole numbers.
    /// </summary>
    public static byte[] Write(TreeEnsemble ensemble)
    {
        var builder = new OnnxBuilder { Metadata = { ["recs.ranker"] = Kind } };
        var columns = new List<string> { "input" };
        var lists = new NodeLists();
        for (var t = 0; t < ensemble.Trees.Count; t++)
            lists.Add(t, ensemble.Trees[t], (tree, n) => CategoryColumn(builder, columns, ensemble.Features, tree, n));
        var input = columns.Count == 1 ? "input" : builder.Node("Concat", [.. columns], OnnxBuilder.Int("axis", 1));
        builder.Node("TreeEnsembleRegressor", [input], w => lists.Write(w, ensemble.BaseScore), "ai.onnx.ml", "score");
        builder.Node("Sigmoid", ["score"], output: "probability");
        return builder.ToFile(ensemble.Features);
    }

    /// <summary>The ensemble of a file with one tree-ensemble regressor of one target that reads the input itself.</summary>
    /// <exception cref="InvalidDataException">It is not that.</exception>
    public static TreeEnsemble Read(OnnxModel model, int features)
    {
        var nodes = model.Nodes.Where(n => n.Operator == "TreeEnsembleRegressor").ToArray();
        if (nodes is not [var node] || model.Inputs is not [var input] || node.Inputs is not [var reads] || reads != input)
            throw new InvalidDataException("ONNX: the file holds no single tree ensemble over its input.");
        var spec = OnnxTrees.Parse(node);
        if (spec.Features > features)
            throw new InvalidDataException($"ONNX: the trees read {spec.Features} features; there are {features}.");
        return spec.Single(features);
    }

    private static int CategoryColumn(OnnxBuilder builder, List<string> columns, int features, DecisionTree tree, int node)
    {
        var (set, feature, index) = (tree.Categories![node]!, tree.Feature[node], columns.Count - 1);
        var most = set.Codes.Count == 0 ? 0 : set.Codes[^1];
        // Place 0 is missing, 1 what is below every code, the last one every code above those that are known.
        var table = new float[most + 4];
        Array.Fill(table, 1);
        table[0] = tree.MissingLeft[node] ? 0 : 1;
        foreach (var code in set.Codes)
            table[code + 2] = 0;
        var column = builder.Node("Gather", ["input", builder.Ints($"column.{feature}", [feature], 1)], OnnxBuilder.Int("axis", 1));
        var clipped = builder.Node("Clip", [column, builder.Floats("below", [-1]), builder.Floats($"most.{most}", [most + 1])]);
        var known = builder.Node("Where", [builder.Node("IsNaN", [column]), builder.Floats("missing", [-2]), clipped]);
        var place = builder.Node("Cast", [builder.Node("Add", [known, builder.Floats("two", [2], 1)])], OnnxBuilder.Int("to", 7));
        columns.Add(builder.Node("Gather", [builder.Floats($"categories.{index}", table, table.Length), place], OnnxBuilder.Int("axis", 0)));
        return features + index;
    }

    /// <summary>The operator's flat lists. Inner nodes keep their numbers within a tree, leaves follow them.</summary>
    private sealed class NodeLists
    {
        private readonly List<long> _trees = [], _ids = [], _features = [], _yes = [], _no = [], _missing = [], _leafTrees = [], _leafNodes = [];
        private readonly List<float> _values = [], _hits = [], _weights = [];
        private readonly List<string> _modes = [];

        public void Add(int t, DecisionTree tree, Func<DecisionTree, int, int> categoryColumn)
        {
            long Id(int child) => child >= 0 ? child : tree.Nodes + ~child;
            for (var n = 0; n < tree.Nodes; n++)
            {
                var isCategory = tree.Categories?[n] is not null;
                Node(t, n, "BRANCH_LEQ", isCategory ? categoryColumn(tree, n) : tree.Feature[n], isCategory ? 0.5f : tree.Threshold[n],
                    Id(tree.Left[n]), Id(tree.Right[n]), tree.MissingLeft[n], tree.Cover[n]);
            }

            for (var leaf = 0; leaf < tree.Leaves; leaf++)
            {
                Node(t, tree.Nodes + leaf, "LEAF", 0, 0, 0, 0, false, tree.LeafCover[leaf]);
                _leafTrees.Add(t);
                _leafNodes.Add(tree.Nodes + leaf);
                _weights.Add(tree.LeafValue[leaf]);
            }
        }

        public void Write(ProtoWriter writer, float baseScore)
        {
            OnnxBuilder.Int("n_targets", 1)(writer);
            OnnxBuilder.Floats(writer, "base_values", [baseScore]);
            OnnxBuilder.Text(writer, "aggregate_function", "SUM");
            OnnxBuilder.Text(writer, "post_transform", "NONE");
            OnnxBuilder.Ints(writer, "nodes_treeids", _trees);
            OnnxBuilder.Ints(writer, "nodes_nodeids", _ids);
            OnnxBuilder.Ints(writer, "nodes_featureids", _features);
            OnnxBuilder.Floats(writer, "nodes_values", _values);
            OnnxBuilder.Floats(writer, "nodes_hitrates", _hits);
            OnnxBuilder.Texts(writer, "nodes_modes", _modes);
            OnnxBuilder.Ints(writer, "nodes_truenodeids", _yes);
            OnnxBuilder.Ints(writer, "nodes_falsenodeids", _no);
            OnnxBuilder.Ints(writer, "nodes_missing_value_tracks_true", _missing);
            OnnxBuilder.Ints(writer, "target_treeids", _leafTrees);
            OnnxBuilder.Ints(writer, "target_nodeids", _leafNodes);
            OnnxBuilder.Ints(writer, "target_ids", _leafTrees.Select(_ => 0L));
            OnnxBuilder.Floats(writer, "target_weights", _weights);
        }

        private void Node(int tree, int id, string mode, int feature, float value, long yes, long no, bool missing, double hits)
        {
            _trees.Add(tree);
            _ids.Add(id);
            _modes.Add(mode);
            _features.Add(feature);
            _values.Add(value);
            _yes.Add(yes);
            _no.Add(no);
            _missing.Add(missing ? 1 : 0);
            _hits.Add((float)hits);
        }
    }
}
