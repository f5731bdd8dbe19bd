"""The translation as pydantic models with aliases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, PlainSerializer, computed_field

from benchmarks.handwritten import STATUSES, Record


def _to_utc(moment: datetime) -> datetime:
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


Utc = Annotated[datetime, AfterValidator(_to_utc)]
Text = Annotated[datetime, PlainSerializer(datetime.isoformat)]
Flag = Annotated[bool | None, Field(exclude=True)]


class Inward(BaseModel):
    number: int = Field(validation_alias="orderNo")
    title: str = Field(validation_alias="summary")
    createdAt: Utc = Field(validation_alias="creationDate")
    deletedAt: Utc | None = Field(None, validation_alias="deletedDate")
    isDeleted: Flag = None
    isDone: Flag = None
    isCanceled: Flag = None
    isOnHold: Flag = None
    isPending: Flag = None
    isActive: Flag = None

    @computed_field
    def description(self) -> str:
        return f"{self.title} description"

    @computed_field
    def deleted(self) -> bool:
        return self.isDeleted is True

    @computed_field
    def status(self) -> str:
        return next((status for flag, status in STATUSES if getattr(self, flag)), "in_progress")


class Outward(BaseModel):
    orderNo: int = Field(validation_alias="number")
    summary: str = Field(validation_alias="title")
    creationDate: Text = Field(validation_alias="createdAt")
    lastUpdateDate: Text | None = Field(None, validation_alias="updatedAt")
    deletedDate: Text | None = Field(None, validation_alias="deletedAt")
    status: str = Field(exclude=True)

    @computed_field
    def isDeleted(self) -> bool:
        return self.status == "deleted"

    @computed_field
    def isDone(self) -> bool:
        return self.status == "completed"

    @computed_field
    def isCanceled(self) -> bool:
        return self.status == "cancelled"

    @computed_field
    def isOnHold(self) -> bool:
        return self.status == "on_hold"

    @computed_field
    def isPending(self) -> bool:
        return self.status == "pending"

    @computed_field
    def isActive(self) -> bool:
        return self.status == "in_progress"


def to_tracos(record: Record) -> Record:
    return Inward.model_validate(record).model_dump(exclude_none=True)


def to_client(document: Record) -> Record:
    return Outward.model_validate(document).model_dump()
