using Pqf.Compression;
using Pqf.Compression.Detection;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Nets.Coco;
using Pqf.Nets.Graphs;
using Pqf.Nets.Metrics;
using Pqf.Nets.Weights;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Reporting;

public class TablesTests
{
    static readonly ChannelGroup Group = new()
    {
        ChannelCount = 64,
        Rows = [new("conv1"), new("layer1.0.conv2")],
        Norms = [],
        Children = [new ChannelRun("layer1.0.conv1", 1)],
    };

    [Fact]
    public void Layers_csv_has_a_row_for_each_layer()
    {
        using var folder = new TemporaryFolder();
        Tables.WriteLayers(
            folder.File("layers.csv"),
            [
                new LayerReport(new LayerBlocks("layer1.0.conv1", [64, 64, 3, 3], 9, 256, KMeansType.Src, 1000), 0.00125, 0.03, 7.9)
                {
                    Seconds = 1.25,
                },
                new LayerReport(new LayerBlocks("fc", [8, 64], 4, 16, KMeansType.Src, 1000), 0.5, 0.25, 3.5)
                {
                    OutputError = 0.125,
                    Effect = 0.0625,
                },
            ],
            [
                new StoredLayer("conv1", [64, 3, 7, 7], ValueForm.Half, 150_528, 0.0000001),
                new StoredLayer("small", [8, 1, 3, 3], ValueForm.Scaled8, 704, 0.00002),
                new StoredLayer("single", [8, 2], ValueForm.Single, 512, 0),
            ]
        );
        Assert.Equal(
            "layer,shape,d,k,blocks,mse,relative_error,output_error,effect,code_entropy_bits,size_bits,kind,seconds\n"
                + "layer1.0.conv1,64x64x3x3,9,256,4096,0.00125,0.03,,,7.9,69632,codes,1.250\n"
                + "fc,8x64,4,16,128,0.5,0.25,0.125,0.0625,3.5,1536,codes,0.000\n"
                + "conv1,64x3x7x7,,,,,1E-07,,,,150528,half,\n"
                + "small,8x1x3x3,,,,,2E-05,,,,704,8bit,\n",
            File.ReadAllText(folder.File("layers.csv"))
        );
    }

    [Fact]
    public void Groups_csv_has_a_row_for_each_group()
    {
        using var folder = new TemporaryFolder();
        Tables.WriteGroups(
            folder.File("groups.csv"),
            [new PermutationReport("layer1.0.conv1", Group, 9, -7.5, null, -8, 10_000, 321, []) { Seconds = 0.5 }]
        );
        Assert.Equal(
            "parents,children,optimised,log_det_before,log_det_greedy,log_det_after,proposals,accepted,seconds\nconv1 "
                + "layer1.0.conv2,layer1.0.conv1,layer1.0.conv1,-7.5,,-8,10000,321,0.500\n",
            File.ReadAllText(folder.File("groups.csv"))
        );
    }

    [Theory]
    [InlineData("cat", "cat")]
    [InlineData("=HYPERLINK(0)", "'=HYPERLINK(0)")]
    [InlineData("=", "'=")]
    [InlineData("+cat", "'+cat")]
    [InlineData("-cat", "'-cat")]
    [InlineData("@cat", "'@cat")]
    [InlineData("＝cat", "'＝cat")]
    [InlineData("-1.5e3", "-1.5e3")]
    [InlineData("+5", "+5")]
    [InlineData("a=b", "a=b")]
    [InlineData("\t=cat", @"\t=cat")]
    [InlineData("two\r\nlines", @"two\r\nlines")]
    [InlineData("\u001b[31mred", @"\u001b[31mred")]
    [InlineData("-a,\"b\"", "\"'-a,\"\"b\"\"\"")]
    public void A_name_is_no_formula_and_has_no_control_characters(string name, string field)
    {
        using var folder = new TemporaryFolder();
        var precision = new ClassPrecision(7, 1, 0.5, 0.5, 0.5);
        Tables.WriteCategories(folder.File("categories.csv"), [new(new CocoCategory(7, name), precision, null)]).Value();
        Tables.WriteConfusion(folder.File("confusion.csv"), Confusion.Of([(0, 0)]), [name]).Value();

        Assert.Equal($"7,{field},1,0.5,0.5,0.5,,,", File.ReadAllLines(folder.File("categories.csv"))[1]);
        Assert.Equal($"class,true\\predicted,{field}\n0,{field},1\n", File.ReadAllText(folder.File("confusion.csv")));
    }

    [Fact]
    public void A_long_field_is_whole()
    {
        using var folder = new TemporaryFolder();
        string name = new('x', 10_000);
        Tables.WriteConfusion(folder.File("confusion.csv"), Confusion.Of([(0, 0)]), [name]).Value();
        Assert.Contains(name, File.ReadAllText(folder.File("confusion.csv")));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error_that_names_the_file() =>
        Assert.Equal(
            "/nowhere/groups.csv: cannot be written: its folder does not exist",
            Tables.WriteGroups("/nowhere/groups.csv", []).Match(_ => "written", error => error.Message)
        );
}
