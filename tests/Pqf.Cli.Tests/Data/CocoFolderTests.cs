using System.Text.Json;
using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Nets.Masks;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using SkiaSharp;
using Xunit;

namespace Pqf.Cli.Tests.Data;

public sealed class CocoFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Real_images_and_their_objects_are_loaded()
    {
        string path = SharedData.Path("data/coco-ccby");
        var train = CocoFolder.OpenTraining(path, ImageDecoder.Reader).Value();
        var validation = CocoFolder.OpenValidation(path, ImageDecoder.Reader).Value();
        // One of the 19 has no objects.
        Assert.Equal((18, 17), (train.Images.Length, validation.Images.Length));
        var examples = Enumerable.Range(0, train.Images.Length).Select(i => train.Load(i, false).Value()).ToArray();
        // 82 objects, one of them a crowd.
        Assert.Equal(81, examples.Sum(example => example.Target.Boxes.Length));
        Assert.All(
            examples,
            example =>
                Assert.All(
                    example.Target.Boxes.Zip(example.Target.Masks),
                    pair =>
                    {
                        var ones = Rle.FromMask(pair.Second!).BoundingBox;
                        // A box is drawn around the outline: its mask's pixels lie in it, to a pixel.
                        Assert.True(
                            ones.Left >= pair.First.X1 - 1 && ones.Left + ones.Width <= pair.First.X2 + 1,
                            $"{ones} in {pair.First} of {example.Image}"
                        );
                        Assert.True(
                            ones.Top >= pair.First.Y1 - 1 && ones.Top + ones.Height <= pair.First.Y2 + 1,
                            $"{ones} in {pair.First} of {example.Image}"
                        );
                    }
                )
        );
    }

    [Fact]
    public void Images_without_objects_of_more_than_a_pixel_are_not_trained_on_but_are_measured_on()
    {
        Write(Image(1), Image(2), Image(3), Image(4));
        Annotate("train2017", Object(1, 1, [1, 1, 5, 5]), Object(2, 2, [1, 1, 5, 1]), Object(3, 4, [1, 1, 5, 5], isCrowd: true));
        Annotate("val2017", Object(1, 1, [1, 1, 5, 5]));
        var train = OpenTraining().Value();
        Assert.Equal([1, 4], train.Images.Select(image => image.Id));
        string file = folder.File("annotations/instances_train2017.json");
        Assert.Equal([$"{file}: left out 2 images without an object of more than a pixel"], train.Notes);
        // The crowd alone: an image to learn background from.
        Assert.Empty(train.Load(1, false).Value().Target.Boxes);
        Assert.Equal([1, 2, 3, 4], CocoFolder.OpenValidation(folder.Path, ImageDecoder.Reader).Value().Images.Select(image => image.Id));
    }

    [Fact]
    public void Objects_are_cut_to_the_image_and_those_without_a_side_left_out()
    {
        Write(Image(1));
        Annotate(
            "train2017",
            Object(1, 1, [-2, 1, 50, 5]),
            Object(2, 1, [3, 3, 0, 5]),
            Object(3, 1, [40, 3, 5, 5]),
            Object(4, 1, [5, 5, 1, 1])
        );
        var target = OpenTraining().Value().Load(0, false).Value().Target;
        Assert.Equal([new Box(0, 1, 12, 6), new Box(5, 5, 6, 6)], target.Boxes);
        Assert.Equal([3, 3], target.Labels);
        string file = folder.File("annotations/instances_train2017.json");
        Assert.Equal([$"{file}: left out 2 objects whose box has no area in the image"], OpenTraining().Value().Notes);
        // One pixel is a mask too.
        Assert.Equal(1, target.Masks[1]!.Values.Sum(value => value));
    }

    [Fact]
    public void A_mirror_shows_image_boxes_and_masks_alike()
    {
        Write(Image(1));
        Annotate("train2017", Object(1, 1, [2, 3, 4, 5]));
        var opened = OpenTraining().Value();
        DetectionExample plain = opened.Load(0, false).Value(),
            flipped = opened.Load(0, true).Value();
        Assert.Equal([new Box(6, 3, 10, 8)], flipped.Target.Boxes);
        Assert.Equal(new PixelBox(6, 3, 4, 5), Rle.FromMask(flipped.Target.Masks[0]!).BoundingBox);
        Assert.Equal(plain.Photograph.Values[..3], flipped.Photograph.Values[(11 * 3)..(12 * 3)]);
    }

    [Fact]
    public void A_missing_image_and_one_of_another_size_are_named()
    {
        Write(Image(1), Image(2) with { Width = 13 });
        Annotate("val2017");
        File.Delete(folder.File("val2017/1.png"));
        var opened = CocoFolder.OpenValidation(folder.Path, ImageDecoder.Reader).Value();
        Assert.Equal($"{folder.File("val2017/1.png")}: not found", opened.Decode(0).ErrorMessage());
        Assert.Equal(
            $"{folder.File("val2017/2.png")}: has 12×10 pixels; expected 13×10, as "
                + $"{folder.File("annotations/instances_val2017.json")} says of image 2",
            opened.Decode(1).ErrorMessage()
        );
    }

    [Fact]
    public void What_cannot_be_used_is_named()
    {
        string annotations = folder.File("annotations/instances_train2017.json");
        Assert.StartsWith($"{folder.Path}: has no annotations to train on; looked for ", OpenTraining().ErrorMessage());
        Write(Image(1));
        Annotate("train2017");
        Assert.Equal($"{annotations}: has no image with an object of more than a pixel", OpenTraining().ErrorMessage());
        Annotate("train2017", Object(1, 1, [1, 1, 5, 5]));
        Assert.Equal(
            $"{annotations}: has category 3 (thing); expected numbers below 3, as the network has classes",
            OpenTraining(3).ErrorMessage()
        );
    }

    [Fact]
    public void Batches_depend_on_key_epoch_and_number_alone()
    {
        Write([.. Enumerable.Range(1, 7).Select(Image)]);
        Annotate("train2017", [.. Enumerable.Range(1, 7).Select(i => Object(i, i, [1, 1, 5, 5]))]);
        var batches = new DetectionBatches(OpenTraining().Value(), 2, true, 1, RngKey.FromSeed(3));
        Assert.Equal(4, batches.BatchCount);
        string[] first = [.. Describe(batches, 0, 0, 1)];
        Assert.Equal(first, Describe(batches, 0, 0, 4));
        Assert.Equal(first[2..], Describe(batches, 0, 2, 2));
        Assert.NotEqual(first, Describe(batches, 1, 0, 2));
        Assert.Equal([2, 2, 2, 1], batches.Epoch(0, 0, 2, TestContext.Current.CancellationToken).Select(batch => batch.Value().Length));
        Assert.Equal(
            Enumerable.Range(1, 7).Select(i => (long)i),
            batches
                .Epoch(0, 0, 2, TestContext.Current.CancellationToken)
                .SelectMany(batch => batch.Value())
                .Select(example => example.Image.Id)
                .Order()
        );
        Assert.Empty(batches.Epoch(0, 4, 2, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void An_epoch_of_several_passes_takes_each_image_as_often_the_first_time_as_an_epoch_of_one()
    {
        Write([.. Enumerable.Range(1, 5).Select(Image)]);
        Annotate("train2017", [.. Enumerable.Range(1, 5).Select(i => Object(i, i, [1, 1, 5, 5]))]);
        var images = OpenTraining().Value();
        DetectionBatches once = new(images, 1, true, 1, RngKey.FromSeed(3)),
            thrice = new(images, 1, true, 3, RngKey.FromSeed(3));
        string[] all = [.. Describe(thrice, 0, 0, 2)];
        Assert.Equal(15, thrice.BatchCount);
        Assert.Equal(Describe(once, 0, 0, 2), all[..5]);
        Assert.NotEqual(all[..5], all[5..10]);
        Assert.All(all.Select(text => text.Split(':')[0]).GroupBy(id => id), image => Assert.Equal(3, image.Count()));
        Assert.Equal(all[7..], Describe(thrice, 0, 7, 2));
    }

    [Fact]
    public void A_batch_with_an_image_that_cannot_be_loaded_is_an_error_and_the_last()
    {
        Write(Image(1), Image(2), Image(3));
        Annotate("train2017", [.. Enumerable.Range(1, 3).Select(i => Object(i, i, [1, 1, 5, 5]))]);
        File.WriteAllBytes(folder.File("train2017/2.png"), [1, 2, 3]);
        var batches = new DetectionBatches(OpenTraining().Value(), 1, false, 1, RngKey.FromSeed(0));
        var loaded = batches.Epoch(0, 0, 2, TestContext.Current.CancellationToken).ToArray();
        Assert.Equal(2, loaded.Length);
        Assert.StartsWith($"{folder.File("train2017/2.png")}: ", loaded[1].ErrorMessage());
    }

    Result<CocoFolder, PqfError> OpenTraining(int classCount = 4) =>
        CocoFolder.OpenTraining(folder.Path, ImageDecoder.Reader).Bind(images => images.NumberedFor(classCount));

    static IEnumerable<string> Describe(DetectionBatches batches, int epoch, int first, int threads) =>
        batches
            .Epoch(epoch, first, threads, TestContext.Current.CancellationToken)
            .Select(batch => string.Join(' ', batch.Value().Select(example => $"{example.Image.Id}:{example.Target.Boxes[0].X1}")));

    CocoImage[] images = [];

    static CocoImage Image(int id) => new(id, $"{id}.png", 10, 12);

    static object Object(int id, int imageId, double[] box, bool isCrowd = false) =>
        new
        {
            id,
            image_id = imageId,
            category_id = 3,
            bbox = box,
            area = box[2] * box[3],
            iscrowd = isCrowd ? 1 : 0,
            segmentation = new[]
            {
                new[] { box[0], box[1], box[0] + box[2], box[1], box[0] + box[2], box[1] + box[3], box[0], box[1] + box[3] },
            },
        };

    /// <summary>Image files of 12 × 10 pixels, whatever their entries will say.</summary>
    void Write(params CocoImage[] entries)
    {
        images = entries;
        using var bitmap = new SKBitmap(new SKImageInfo(12, 10, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.White);
        bitmap.SetPixel(0, 0, new SKColor(10, 20, 30));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        foreach (string part in new[] { "train2017", "val2017" })
        {
            Directory.CreateDirectory(folder.File(part));
            foreach (var entry in entries)
                File.WriteAllBytes(folder.File($"{part}/{entry.FileName}"), data.ToArray());
        }
    }

    void Annotate(string part, params object[] annotations)
    {
        Directory.CreateDirectory(folder.File("annotations"));
        File.WriteAllBytes(
            folder.File($"annotations/instances_{part}.json"),
            JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    images = images.Select(image => new
                    {
                        id = image.Id,
                        file_name = image.FileName,
                        height = image.Height,
                        width = image.Width,
                    }),
                    categories = new[] { new { id = 3, name = "thing" } },
                    annotations,
                }
            )
        );
    }
}
