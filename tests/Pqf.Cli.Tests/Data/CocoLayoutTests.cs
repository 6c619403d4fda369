using System.Text.Json;
using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Data;

/// <summary>Where the tools that write COCO's format put annotations and images. A row's files are separated by spaces; a file of
/// annotations is followed by the names of images that it lists.</summary>
public sealed class CocoLayoutTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(
        "COCO 2017",
        "annotations/instances_train2017.json=1.jpg annotations/instances_val2017.json=2.jpg annotations/captions_val2017.json= "
            + "train2017/1.jpg val2017/2.jpg",
        "annotations/instances_train2017.json train2017/1.jpg",
        "annotations/instances_val2017.json val2017/2.jpg"
    )]
    [InlineData(
        "COCO 2014",
        "annotations/instances_train2014.json=1.jpg annotations/instances_val2014.json=2.jpg annotations/person_keypoints_val2014.json= "
            + "train2014/1.jpg val2014/2.jpg val2014/1.jpg",
        "annotations/instances_train2014.json train2014/1.jpg",
        "annotations/instances_val2014.json val2014/2.jpg"
    )]
    [InlineData(
        "COCO under images",
        "annotations/instances_train2017.json=1.jpg annotations/instances_val2017.json=1.jpg images/train2017/1.jpg images/val2017/1.jpg",
        "annotations/instances_train2017.json images/train2017/1.jpg",
        "annotations/instances_val2017.json images/val2017/1.jpg"
    )]
    [InlineData(
        "Roboflow",
        "train/_annotations.coco.json=1.jpg train/1.jpg valid/_annotations.coco.json=2.jpg valid/2.jpg test/_annotations.coco.json=3.jpg "
            + "test/3.jpg README.roboflow.txt",
        "train/_annotations.coco.json train/1.jpg",
        "valid/_annotations.coco.json valid/2.jpg"
    )]
    [InlineData(
        "CVAT, images in one folder",
        "annotations/instances_Train.json=1.jpg annotations/instances_Validation.json=2.jpg images/1.jpg images/2.jpg",
        "annotations/instances_Train.json images/1.jpg",
        "annotations/instances_Validation.json images/2.jpg"
    )]
    [InlineData(
        "CVAT, images by subset",
        "annotations/instances_Train.json=1.jpg annotations/instances_Validation.json=1.jpg images/Train/1.jpg images/Validation/1.jpg",
        "annotations/instances_Train.json images/Train/1.jpg",
        "annotations/instances_Validation.json images/Validation/1.jpg"
    )]
    [InlineData(
        "CVAT, two exports, names with folders",
        "train/annotations/instances_default.json=cam/1.jpg train/images/cam/1.jpg "
            + "val/annotations/instances_default.json=cam/1.jpg val/images/cam/1.jpg",
        "train/annotations/instances_default.json train/images/cam/1.jpg",
        "val/annotations/instances_default.json val/images/cam/1.jpg"
    )]
    [InlineData(
        "Datumaro",
        "annotations/instances_train.json=1.jpg annotations/instances_val.json=2.jpg images/train/1.jpg images/val/2.jpg",
        "annotations/instances_train.json images/train/1.jpg",
        "annotations/instances_val.json images/val/2.jpg"
    )]
    [InlineData(
        "labelme",
        "train/annotations.json=JPEGImages/1.jpg train/JPEGImages/1.jpg train/Visualization/1.jpg "
            + "val/annotations.json=JPEGImages\\2.jpg val/JPEGImages/2.jpg",
        "train/annotations.json train/JPEGImages/1.jpg",
        "val/annotations.json val/JPEGImages/2.jpg"
    )]
    [InlineData("SAHI", "train.json=1.jpg val.json=1.jpg train/1.jpg val/1.jpg", "train.json train/1.jpg", "val.json val/1.jpg")]
    [InlineData(
        "SAHI, names with folders",
        "train_coco.json=train/1.jpg val_coco.json=val/1.jpg train/1.jpg val/1.jpg settings.json",
        "train_coco.json train/1.jpg",
        "val_coco.json val/1.jpg"
    )]
    [InlineData(
        "FiftyOne",
        "train/labels.json=1.jpg train/data/1.jpg validation/labels.json=1.jpg validation/data/1.jpg",
        "train/labels.json train/data/1.jpg",
        "validation/labels.json validation/data/1.jpg"
    )]
    [InlineData(
        "Folders of images named by words",
        "train.json=1.jpg val.json=1.jpg train_images/1.jpg val_images/1.jpg",
        "train.json train_images/1.jpg",
        "val.json val_images/1.jpg"
    )]
    public void Layouts_are_found_by_convention(string layout, string files, string train, string val)
    {
        Write(files);
        var sets = Open().Value();
        Assert.Equal((layout, train), (layout, Describe(sets.Train)));
        Assert.Equal((layout, val), (layout, Describe(sets.Validation)));
        // What COCO has where COCO has it needs no word.
        string[] notes = [.. sets.Train.Notes, .. sets.Validation.Notes];
        Assert.Equal(layout == "COCO 2017" ? 0 : 2, notes.Length);
        if (layout == "Roboflow")
            Assert.Equal(
                [
                    $"train: {folder.File("train/_annotations.coco.json")} with images in {folder.File("train")}",
                    $"val: {folder.File("valid/_annotations.coco.json")} with images in {folder.File("valid")}",
                ],
                notes
            );
    }

    [Theory]
    [InlineData("one part alone", "valid/_annotations.coco.json=1.jpg valid/1.jpg", "valid/_annotations.coco.json valid/1.jpg")]
    [InlineData("no parts", "annotations/instances_default.json=1.jpg images/1.jpg", "annotations/instances_default.json images/1.jpg")]
    [InlineData("the part itself", "_annotations.coco.json=1.jpg 1.jpg", "_annotations.coco.json 1.jpg")]
    [InlineData("FiftyOne without parts", "labels.json=1.jpg data/1.jpg", "labels.json data/1.jpg")]
    public void To_measure_one_file_will_do_and_to_train_it_will_not(string layout, string files, string expected)
    {
        Write(files);
        Assert.Equal((layout, expected), (layout, Describe(CocoFolder.OpenValidation(folder.Path, ImageDecoder.Reader).Value())));
        string error = Open().ErrorMessage();
        Assert.Contains("dataloader.train_annotations", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public void Without_annotations_the_error_lists_what_was_looked_for()
    {
        Write("train/1.jpg");
        Assert.Equal(
            $"{folder.Path}: has no annotations to train on; looked for annotations/instances_train*.json (COCO, CVAT, Datumaro), "
                + "train|training|trainset/_annotations.coco.json (Roboflow), train|training|trainset/*.json (labelme, FiftyOne) and "
                + "train*.json (SAHI); dataloader.train_annotations and dataloader.train_images name file and images in any other place",
            Open().ErrorMessage()
        );
        Write("train/_annotations.coco.json=1.jpg test/_annotations.coco.json=1.jpg");
        Assert.Matches(
            "has no annotations to measure on; looked for .*found test/_annotations.coco.json, train/_annotations.coco.json; "
                + "dataloader.val_annotations",
            Open().ErrorMessage()
        );
        Assert.EndsWith(": folder not found", CocoFolder.OpenTraining(folder.File("none"), ImageDecoder.Reader).ErrorMessage());
    }

    [Theory]
    [InlineData("annotations/instances_val2014.json=1.jpg annotations/instances_val2015.json=1.jpg")]
    [InlineData("val/_annotations.coco.json=1.jpg annotations/instances_Validation.json=1.jpg")]
    [InlineData("val.json=1.jpg valid.json=1.jpg")]
    [InlineData("annotations.json=1.jpg labels.json=1.jpg")]
    public void Several_candidates_are_listed(string files)
    {
        Write(files);
        string error = CocoFolder.OpenValidation(folder.Path, ImageDecoder.Reader).ErrorMessage();
        Assert.StartsWith($"{folder.Path}: has 2 files that may be the annotations to measure on: ", error, StringComparison.Ordinal);
        Assert.All(files.Split(' '), file => Assert.Contains(file.Split('=')[0], error, StringComparison.Ordinal));
        Assert.EndsWith("; expected one, or its name in dataloader.val_annotations", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_named_wins_and_the_folder_is_not_needed()
    {
        Write(
            "train/_annotations.coco.json=1.jpg train/1.jpg valid/_annotations.coco.json=1.jpg valid/1.jpg other/a.json=1.jpg pics/1.jpg"
        );
        var source = new CocoSource
        {
            TrainAnnotations = folder.File("other/a.json"),
            TrainImages = folder.File("pics"),
            ValAnnotations = folder.File("train/_annotations.coco.json"),
        };
        var sets = CocoFolder.OpenBoth(source, ImageDecoder.Reader).Value();
        Assert.Equal("other/a.json pics/1.jpg", Describe(sets.Train));
        Assert.Empty(sets.Train.Notes);
        Assert.Equal("train/_annotations.coco.json train/1.jpg", Describe(sets.Validation));
        var mixed = CocoFolder.OpenBoth(source with { Folder = folder.Path, ValAnnotations = null }, ImageDecoder.Reader).Value();
        Assert.Equal("valid/_annotations.coco.json valid/1.jpg", Describe(mixed.Validation));
    }

    [Fact]
    public void Named_files_that_are_not_there_are_errors_with_their_key()
    {
        Write("a.json=1.jpg 1.jpg");
        Assert.Equal(
            $"{folder.File("b.json")}: not found; expected a JSON file of annotations, as dataloader.val_annotations says",
            CocoFolder.OpenValidation(new CocoSource { ValAnnotations = folder.File("b.json") }, ImageDecoder.Reader).ErrorMessage()
        );
        Assert.Equal(
            $"{folder.File("none")}: not found; expected a folder of images, as dataloader.val_images says",
            CocoFolder
                .OpenValidation(
                    new CocoSource { ValAnnotations = folder.File("a.json"), ValImages = folder.File("none") },
                    ImageDecoder.Reader
                )
                .ErrorMessage()
        );
    }

    [Theory]
    [InlineData("bare", "1.jpg", "1.jpg", "")]
    [InlineData("with folders", "a/1.jpg", "a/1.jpg a/2.jpg b/1.jpg", "")]
    [InlineData("Windows", @"a\1.jpg", "a/1.jpg b/1.jpg", "")]
    [InlineData("from the data set's folder", "val/1.jpg", "1.jpg", "")]
    [InlineData("from the annotations' folder", "../val/1.jpg", "1.jpg", "")]
    [InlineData("a dot before it", "./1.jpg", "1.jpg", "")]
    [InlineData("another machine's", "/home/me/data/1.jpg", "1.jpg", "1.jpg")]
    [InlineData("another machine's, its end", "/home/me/a/1.jpg", "a/1.jpg b/1.jpg", "")]
    [InlineData("another machine's, Windows", @"C:\Users\me\1.jpg", "1.jpg", "1.jpg")]
    [InlineData("another machine's, deeper here", "/home/me/1.jpg", "a/1.jpg", "a/1.jpg")]
    [InlineData("an address", "http://images.cocodataset.org/val2017/1.jpg", "1.jpg", "1.jpg")]
    [InlineData("an address of a bucket", "s3://bucket/1.jpg?v=2", "1.jpg", "1.jpg")]
    [InlineData("an address with escapes", "file:///data/a%20b/1.jpg", "a b/1.jpg 2.jpg", "")]
    [InlineData("folders that are gone", "old/1.jpg", "1.jpg", "1.jpg")]
    [InlineData("another case", "1.JPG", "1.jpg", "1.jpg")]
    [InlineData("a name of macOS", "caf\u00E9.jpg", "cafe\u0301.jpg", "cafe\u0301.jpg")]
    [InlineData("a name for macOS", "a/\u30D1.jpg", "a/\u30CF\u309A.jpg b/\u30CF\u309A.jpg", "a/\u30CF\u309A.jpg")]
    [InlineData("another case of a folder", "A/1.jpg", "a/1.jpg b/1.jpg", "a/1.jpg")]
    public void Names_lead_to_files(string kind, string name, string files, string guessed)
    {
        Write($"annotations/instances_val.json={name} " + string.Join(' ', files.Split(' ').Select(file => $"val/{file}")));
        string[] paths = files == "a b/1.jpg 2.jpg" ? ["a b/1.jpg"] : files.Split(' ');
        Put($"val/{paths[0]}");
        var opened = OpenVal().Value();
        string file = Path.GetFullPath(Path.Combine(opened.ImagesPath, opened.Images[0].FileName));
        Assert.Equal((kind, folder.File($"val/{paths[0]}")), (kind, file));
        Assert.True(opened.WithAllFiles() is Result<CocoFolder, PqfError>.Ok);
        string[] notes = [.. opened.Notes.Skip(1)];
        Assert.Equal(
            guessed.Length == 0
                ? []
                :
                [
                    $"{folder.File("annotations/instances_val.json")}: found 1 image by name without folders, in other case or "
                        + $"in another form of Unicode, the first {name} as {folder.File($"val/{guessed}")}",
                ],
            notes
        );
    }

    [Theory]
    [InlineData("../secret/1.jpg")]
    [InlineData("../../../etc/passwd")]
    [InlineData("val/../../1.jpg")]
    [InlineData(@"..\..\1.jpg")]
    [InlineData("/data/../../1.jpg")]
    public void Names_that_lead_out_of_the_data_are_errors(string name)
    {
        Write($"data/annotations/instances_val.json={name} data/val/2.jpg secret/1.jpg 1.jpg");
        Assert.Equal(
            $"{folder.File("data/annotations/instances_val.json")}: image 1: file_name {name} leads out of {folder.File("data")}; expected "
                + "a name within it",
            CocoFolder.OpenValidation(folder.File("data"), ImageDecoder.Reader).ErrorMessage()
        );
    }

    [Theory]
    [InlineData("/home/me/1.jpg", "fits 2 files: a/1.jpg and b/1.jpg; expected one")]
    [InlineData("1.jpg", "fits 2 files: a/1.jpg and b/1.jpg; expected one")]
    [InlineData("old/2.jpg,new/2.jpg", "leads to a/2.jpg, as that of image 1 does; expected a file each")]
    public void Names_that_fit_several_files_are_errors(string names, string problem)
    {
        Write($"annotations/instances_val.json={names} val/a/1.jpg val/b/1.jpg val/a/2.jpg");
        Assert.EndsWith(problem, OpenVal().ErrorMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_are_counted_and_the_first_is_named()
    {
        Write("annotations/instances_val.json=1.jpg,20.jpg,3.jpg val/1.jpg val/20.png");
        Assert.Equal(
            $"{folder.File("val/20.jpg")}: not found; 2 of the 3 images that {folder.File("annotations/instances_val.json")} names are "
                + "missing, the nearest name here is 20.png",
            OpenVal().Value().WithAllFiles().ErrorMessage()
        );
    }

    Result<CocoFolder, PqfError> OpenVal() => CocoFolder.OpenValidation(folder.Path, ImageDecoder.Reader);

    Result<(CocoFolder Train, CocoFolder Validation), PqfError> Open() =>
        CocoFolder.OpenBoth(new CocoSource { Folder = folder.Path }, ImageDecoder.Reader);

    string Describe(CocoFolder opened) =>
        $"{Path.GetRelativePath(folder.Path, opened.AnnotationsPath)} "
        + Path.GetRelativePath(folder.Path, Path.Combine(opened.ImagesPath, opened.Images.Single().FileName));

    void Write(string files)
    {
        foreach (string file in files.Split(' '))
        {
            string[] parts = file.Split('=', 2);
            if (parts.Length == 1)
                Put(parts[0]);
            else
                Annotate(parts[0], parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    void Put(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(path))!);
        File.WriteAllText(folder.File(path), path.EndsWith(".json", StringComparison.Ordinal) ? """{"a": 1}""" : "");
    }

    void Annotate(string path, string[] names)
    {
        Put(path);
        File.WriteAllBytes(
            folder.File(path),
            JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    images = names.Select(
                        (name, i) =>
                            new
                            {
                                id = i + 1,
                                file_name = name,
                                height = 10,
                                width = 12,
                            }
                    ),
                    categories = new[] { new { id = 1, name = "thing" } },
                    annotations = names.Select(
                        (_, i) =>
                            new
                            {
                                id = i + 1,
                                image_id = i + 1,
                                category_id = 1,
                                bbox = new[] { 1, 1, 5, 5 },
                                area = 25,
                                iscrowd = 0,
                                segmentation = new[] { new[] { 1, 1, 6, 1, 6, 6, 1, 6 } },
                            }
                    ),
                }
            )
        );
    }
}
