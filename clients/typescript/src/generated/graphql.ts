/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How an association was settled. */
export type AssociationMethod =
  /** By the teacher. */
  | 'HUMAN'
  /** By the deadline. */
  | 'TIMEOUT'
  /** By the system, as when the class was deleted. */
  | 'AUTO';

/** How far it is settled who wrote an essay. */
export type AssociationStatus =
  /** The matching suggests a student; the teacher has not answered yet. */
  | 'PENDING_VALIDATION'
  /** The teacher has confirmed the student. */
  | 'CONFIRMED'
  /** The suggested student did not write the essay. */
  | 'REJECTED'
  /** The teacher did not answer in time, and the likely student stands. */
  | 'TIMEOUT_CONFIRMED';

/** Where a batch stands, as a teacher sees it. */
export type BatchStatus =
  /** Its essays are being received. */
  | 'PENDING_CONTENT'
  /** A pipeline is configured, and has not begun. */
  | 'READY'
  /** It is being matched with students, or its pipeline is under way. */
  | 'PROCESSING'
  /** The pipeline is done. */
  | 'COMPLETED_SUCCESSFULLY'
  /** The pipeline is done, and some essays failed. */
  | 'COMPLETED_WITH_FAILURES'
  /** Its essays could not be read, or the pipeline broke down. */
  | 'FAILED'
  /** It was called off. */
  | 'CANCELLED';

/** Whether a batch belongs to a class. */
export type BatchType =
  /** It belongs to a class, and goes through student matching. */
  | 'REGULAR'
  /** It belongs to no class. */
  | 'GUEST';

/** What the teacher says of a batch's essays: all of it is taken, or none. */
export type ConfirmStudentAssociationsInput = {
  /** The global id, or the bare UUID. */
  batchId: string;
  /** At most 1000; essays that are not named stay as they are. */
  associations: Array<StudentAssociationInput>;
};

/** Code of a course of the Swedish upper secondary school. */
export type CourseCode =
  /** English 5. */
  | 'ENG5'
  /** English 6. */
  | 'ENG6'
  /** English 7. */
  | 'ENG7'
  /** Svenska 1. */
  | 'SV1'
  /** Svenska 2. */
  | 'SV2'
  /** Svenska 3. */
  | 'SV3';

/** A class to make. */
export type CreateClassInput = {
  /** 1 to 100 characters; blanks around them do not count. */
  name: string;
  /** The course that it takes. */
  courseCode: CourseCode;
};

/** A student to make. */
export type CreateStudentInput = {
  /** 1 to 100 characters; blanks around them do not count. */
  firstName: string;
  /** 1 to 100 characters; blanks around them do not count. */
  lastName: string;
  /** The name in the school's records, 1 to 255 characters; null or absent is first and last name. */
  legalFullName?: string | null | undefined;
  /** Unique among the teacher's students, whatever its case. */
  email?: string | null | undefined;
  /** The classes that the student is in, at most 20. */
  classIds?: Array<string> | null | undefined;
};

/** What to delete. */
export type DeleteInput = {
  /** The global id, or the bare UUID. */
  id: string;
};

/** What is wrong with an input. */
export type ErrorCode =
  /** The value is not one that it takes. */
  | 'VALIDATION_ERROR'
  /** What the id names does not exist, or is somebody else's. */
  | 'RESOURCE_NOT_FOUND'
  /** It contradicts what is stored. */
  | 'CONFLICT';

/** A phase of the processing pipeline. */
export type PhaseName =
  /** Who wrote which essay. */
  | 'STUDENT_MATCHING'
  /** The spell check. */
  | 'SPELLCHECK'
  /** The linguistic analysis. */
  | 'NLP'
  /** The assessment by comparative judgement. */
  | 'CJ_ASSESSMENT'
  /** The feedback that a language model writes. */
  | 'AI_FEEDBACK';

/** How far a phase has come with an essay; the last three are final. */
export type ProcessingStage =
  /** The phase has not begun. */
  | 'PENDING'
  /** The phase has accepted the essay. */
  | 'INITIALIZED'
  /** The phase is at work. */
  | 'PROCESSING'
  /** The phase has its result. */
  | 'COMPLETED'
  /** The phase has no result, and will have none; `error` may say why. */
  | 'FAILED'
  /** The phase was called off. */
  | 'CANCELLED';

/** Whether a student wrote an essay. */
export type StudentAssociationInput = {
  /** The essay's key; each essay once. */
  essayId: string;
  /** Who wrote it, of the essay's class: required when confirmed, ignored otherwise. It need not be the suggested student. */
  studentId?: string | null | undefined;
  /** False rejects the suggestion. */
  confirmed: boolean;
};

/** A class, and what becomes of it. */
export type UpdateClassInput = {
  /** The global id, or the bare UUID. */
  id: string;
  /** 1 to 100 characters; blanks around them do not count. Absent is unchanged. */
  name?: string | null | undefined;
  /** The course that it takes. Absent is unchanged. */
  courseCode?: CourseCode | null | undefined;
};

/** A student, and what becomes of them. */
export type UpdateStudentInput = {
  /** The global id, or the bare UUID. */
  id: string;
  /** 1 to 100 characters; blanks around them do not count. Absent is unchanged. */
  firstName?: string | null | undefined;
  /** 1 to 100 characters; blanks around them do not count. Absent is unchanged. */
  lastName?: string | null | undefined;
  /** The name in the school's records, 1 to 255 characters; null makes it first and last name. Absent is unchanged. */
  legalFullName?: string | null | undefined;
  /** Unique among the teacher's students, whatever its case. Null takes it away. Absent is unchanged. */
  email?: string | null | undefined;
  /** Classes that the student joins; a student is in at most 20. */
  addClassIds?: Array<string> | null | undefined;
  /** Classes that the student leaves. */
  removeClassIds?: Array<string> | null | undefined;
};

/** What an update tells. */
export type UpdateType =
  /** A batch's status or counts changed. */
  | 'BATCH_STATUS_UPDATED'
  /** A batch's pipeline is done: its results can be read. */
  | 'BATCH_RESULTS_READY'
  /** The teacher has a new class. */
  | 'CLASS_CREATED'
  /** A student has come into a class. */
  | 'STUDENT_ADDED_TO_CLASS'
  /** Suggested associations wait for the teacher: `pending`, until `deadline`. */
  | 'STUDENT_MATCHING_CONFIRMATION_REQUIRED'
  /** It is settled who wrote the essays of a batch. */
  | 'STUDENT_ASSOCIATIONS_CONFIRMED'
  /** Associations of a batch were settled without the teacher, whose time was up. */
  | 'VALIDATION_TIMEOUT_PROCESSED';

export type BatchPageQueryVariables = Exact<{
  id: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type BatchPageQuery = { batch: { id: string, batchId: string, title: string | null, batchType: BatchType, status: BatchStatus, processingPhase: PhaseName | null, requestedPipelines: Array<PhaseName>, totalEssays: number, completedEssays: number, failedEssays: number, progress: number, createdAt: string, startedAt: string | null, completedAt: string | null, classInfo: { classId: string, className: string } | null, validation: { deviationCount: number, autoConfirmDeadline: string | null, totalAssociations: number, confirmedAssociations: number } | null, essays: { totalCount: number, nodes: Array<{ id: string, essayId: string, filename: string | null, spellcheckCorrectionCount: number | null, cjRank: number | null, cjScore: number | null, letterGrade: string | null, confidenceScore: number | null, confidenceLabel: string | null, updatedAt: string, spellcheck: { stage: ProcessingStage, error: string | null }, nlp: { stage: ProcessingStage, error: string | null }, cjAssessment: { stage: ProcessingStage, error: string | null }, aiFeedback: { stage: ProcessingStage, error: string | null }, student: { id: string, firstName: string, lastName: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type ClassPageQueryVariables = Exact<{
  id: string;
  students?: number | null | undefined;
  studentsAfter?: string | null | undefined;
  batches?: number | null | undefined;
  batchesAfter?: string | null | undefined;
}>;


export type ClassPageQuery = { class: { id: string, classId: string, name: string, courseCode: CourseCode, studentCount: number, createdAt: string, updatedAt: string, students: { totalCount: number, nodes: Array<{ id: string, studentId: string, firstName: string, lastName: string, legalFullName: string, email: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null, batches: { totalCount: number, nodes: Array<{ id: string, batchId: string, title: string | null, status: BatchStatus, totalEssays: number, progress: number, createdAt: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type DashboardQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  status?: Array<BatchStatus> | BatchStatus | null | undefined;
}>;


export type DashboardQuery = { batches: { totalCount: number, nodes: Array<{ id: string, batchId: string, title: string | null, status: BatchStatus, processingPhase: PhaseName | null, totalEssays: number, completedEssays: number, failedEssays: number, progress: number, createdAt: string, completedAt: string | null, classInfo: { classId: string, className: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type MatchingPageQueryVariables = Exact<{
  id: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MatchingPageQuery = { batch: { id: string, title: string | null, status: BatchStatus, validation: { deviationCount: number, autoConfirmDeadline: string | null, totalAssociations: number, confirmedAssociations: number } | null, classInfo: { class: { id: string, name: string, students: { totalCount: number, nodes: Array<{ id: string, firstName: string, lastName: string }> } | null } | null } | null, studentAssociations: { totalCount: number, nodes: Array<{ essayId: string, status: AssociationStatus, method: AssociationMethod | null, confidenceScore: number | null, matchReasons: Array<string>, validatedBy: string | null, validatedAt: string | null, student: { id: string, firstName: string, lastName: string } | null, essay: { id: string, filename: string | null } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type StudentsPageQueryVariables = Exact<{
  search?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
  offset?: number | null | undefined;
}>;


export type StudentsPageQuery = { students: { totalCount: number, nodes: Array<{ id: string, studentId: string, firstName: string, lastName: string, legalFullName: string, email: string | null, classes: Array<{ id: string, name: string, courseCode: CourseCode }> | null }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, endCursor: string | null } } | null };

export type BatchUpdatedSubscriptionVariables = Exact<{
  batchId?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type BatchUpdatedSubscription = { batchUpdated: { cursor: string, at: string, batchId: string, status: BatchStatus, processingPhase: PhaseName | null, totalEssays: number, completedEssays: number, failedEssays: number, completedAt: string | null, batch: { id: string, progress: number } | null } };

export type ConfirmStudentAssociationsMutationVariables = Exact<{
  input: ConfirmStudentAssociationsInput;
}>;


export type ConfirmStudentAssociationsMutation = { confirmStudentAssociations: { confirmed: number | null, rejected: number | null, pending: number | null, batch: { id: string, validation: { deviationCount: number, autoConfirmDeadline: string | null, totalAssociations: number, confirmedAssociations: number } | null } | null, userErrors: Array<{ code: ErrorCode, field: Array<string>, message: string }> } | null };

export type CreateClassMutationVariables = Exact<{
  input: CreateClassInput;
}>;


export type CreateClassMutation = { createClass: { class: { id: string, classId: string, name: string, courseCode: CourseCode, studentCount: number, createdAt: string, updatedAt: string } | null, userErrors: Array<{ code: ErrorCode, field: Array<string>, message: string }> } | null };

export type CreateStudentMutationVariables = Exact<{
  input: CreateStudentInput;
}>;


export type CreateStudentMutation = { createStudent: { student: { id: string, studentId: string, firstName: string, lastName: string, legalFullName: string, email: string | null, classes: Array<{ id: string, name: string, courseCode: CourseCode }> | null } | null, userErrors: Array<{ code: ErrorCode, field: Array<string>, message: string }> } | null };

export type DeleteClassMutationVariables = Exact<{
  input: DeleteInput;
}>;


export type DeleteClassMutation = { deleteClass: { deletedId: string | null, userErrors: Array<{ code: ErrorCode, field: Array<string>, message: string }> } | null };

export type DeleteStudentMutationVariables = Exact<{
  input: DeleteInput;
}>;


export type DeleteStudentMutation = { deleteStudent: { deletedId: string | null, userErrors: Array<{ code: ErrorCode, field: Array<string>, message: string }> } | null };

export type TeacherUpdatesSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type TeacherUpdatesSubscription = { teacherUpdates: { cursor: string, at: string, type: UpdateType, pending: number | null, deadline: string | null, batch: { id: string, batchId: string } | null, class: { id: string, classId: string, name: string } | null, student: { id: string, studentId: string, firstName: string, lastName: string } | null } };

export type UpdateClassMutationVariables = Exact<{
  input: UpdateClassInput;
}>;


export type UpdateClassMutation = { updateClass: { class: { id: string, classId: string, name: string, courseCode: CourseCode, studentCount: number, createdAt: string, updatedAt: string } | null, userErrors: Array<{ code: ErrorCode, field: Array<string>, message: string }> } | null };

export type UpdateStudentMutationVariables = Exact<{
  input: UpdateStudentInput;
}>;


export type UpdateStudentMutation = { updateStudent: { student: { id: string, studentId: string, firstName: string, lastName: string, legalFullName: string, email: string | null, classes: Array<{ id: string, name: string, courseCode: CourseCode }> | null } | null, userErrors: Array<{ code: ErrorCode, field: Array<string>, message: string }> } | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const BatchPageDocument = new TypedDocumentString("query BatchPage($after: String, $first: Int = 20, $id: ID!) { batch(id: $id) { batchId batchType classInfo { classId className } completedAt completedEssays createdAt essays(first: $first, after: $after) { nodes { aiFeedback { error stage } cjAssessment { error stage } cjRank cjScore confidenceLabel confidenceScore essayId filename id letterGrade nlp { error stage } spellcheck { error stage } spellcheckCorrectionCount student { firstName id lastName } updatedAt } pageInfo { endCursor hasNextPage } totalCount } failedEssays id processingPhase progress requestedPipelines startedAt status title totalEssays validation { autoConfirmDeadline confirmedAssociations deviationCount totalAssociations } } }", {"hash":"sha256:d502fb3f8dab400086088931881d614cfaab0628b8a158a81bb407cb6bad731e"}) as unknown as TypedDocumentString<BatchPageQuery, BatchPageQueryVariables>;
export const ClassPageDocument = new TypedDocumentString("query ClassPage($batches: Int = 20, $batchesAfter: String, $id: ID!, $students: Int = 100, $studentsAfter: String) { class(id: $id) { batches(first: $batches, after: $batchesAfter) { nodes { batchId createdAt id progress status title totalEssays } pageInfo { endCursor hasNextPage } totalCount } classId courseCode createdAt id name studentCount students(first: $students, after: $studentsAfter) { nodes { email firstName id lastName legalFullName studentId } pageInfo { endCursor hasNextPage } totalCount } updatedAt } }", {"hash":"sha256:07844ddc293e2e689e1a4f9b2d133477062e6f6100cdff969a667c5c75d607d9"}) as unknown as TypedDocumentString<ClassPageQuery, ClassPageQueryVariables>;
export const DashboardDocument = new TypedDocumentString("query Dashboard($after: String, $first: Int = 20, $status: [BatchStatus!]) { batches(first: $first, after: $after, status: $status) { nodes { batchId classInfo { classId className } completedAt completedEssays createdAt failedEssays id processingPhase progress status title totalEssays } pageInfo { endCursor hasNextPage } totalCount } }", {"hash":"sha256:f287cf21685a3241a3a9b05a7b6ea84ce5d54c05b022043d810a5ee8beb07ab2"}) as unknown as TypedDocumentString<DashboardQuery, DashboardQueryVariables>;
export const MatchingPageDocument = new TypedDocumentString("query MatchingPage($after: String, $first: Int = 100, $id: ID!) { batch(id: $id) { classInfo { class { id name students(first: 100) { nodes { firstName id lastName } totalCount } } } id status studentAssociations(first: $first, after: $after) { nodes { confidenceScore essay { filename id } essayId matchReasons method status student { firstName id lastName } validatedAt validatedBy } pageInfo { endCursor hasNextPage } totalCount } title validation { autoConfirmDeadline confirmedAssociations deviationCount totalAssociations } } }", {"hash":"sha256:d1e5c597e33ddde1e274dcf29c0cf616961a1e39d29d8b279136db5404389335"}) as unknown as TypedDocumentString<MatchingPageQuery, MatchingPageQueryVariables>;
export const StudentsPageDocument = new TypedDocumentString("query StudentsPage($after: String, $first: Int = 20, $offset: Int = 0, $search: String) { students(search: $search, first: $first, after: $after, offset: $offset) { nodes { classes { courseCode id name } email firstName id lastName legalFullName studentId } pageInfo { endCursor hasNextPage hasPreviousPage } totalCount } }", {"hash":"sha256:b8877f606491f72f43ffdf9ca961b2d24cff0d85fd8cbd3359c59c133a3f3bd4"}) as unknown as TypedDocumentString<StudentsPageQuery, StudentsPageQueryVariables>;
export const BatchUpdatedDocument = new TypedDocumentString("subscription BatchUpdated($after: String, $batchId: ID) { batchUpdated(batchId: $batchId, after: $after) { at batch { id progress } batchId completedAt completedEssays cursor failedEssays processingPhase status totalEssays } }", {"hash":"sha256:ecbaf142c4ac660fb9c4e8d3ed650c2618a7625b983a2f2c7832e5a8ab60760a"}) as unknown as TypedDocumentString<BatchUpdatedSubscription, BatchUpdatedSubscriptionVariables>;
export const ConfirmStudentAssociationsDocument = new TypedDocumentString("mutation ConfirmStudentAssociations($input: ConfirmStudentAssociationsInput!) { confirmStudentAssociations(input: $input) { batch { id validation { autoConfirmDeadline confirmedAssociations deviationCount totalAssociations } } confirmed pending rejected userErrors { code field message } } }", {"hash":"sha256:da56d7f4a0e24c6be3bea754d580ad9e390124670e3fb13f4966b47ddec98d1b"}) as unknown as TypedDocumentString<ConfirmStudentAssociationsMutation, ConfirmStudentAssociationsMutationVariables>;
export const CreateClassDocument = new TypedDocumentString("mutation CreateClass($input: CreateClassInput!) { createClass(input: $input) { class { classId courseCode createdAt id name studentCount updatedAt } userErrors { code field message } } }", {"hash":"sha256:61cd284a0cba21a02d975d2025fbe018d4bcd2ad8ae41794b842cca150a007b7"}) as unknown as TypedDocumentString<CreateClassMutation, CreateClassMutationVariables>;
export const CreateStudentDocument = new TypedDocumentString("mutation CreateStudent($input: CreateStudentInput!) { createStudent(input: $input) { student { classes { courseCode id name } email firstName id lastName legalFullName studentId } userErrors { code field message } } }", {"hash":"sha256:513cdbb56b05e8bfa8dc30e7157dd4e68ce6c2261f335d6c71c93ed536ce9e2e"}) as unknown as TypedDocumentString<CreateStudentMutation, CreateStudentMutationVariables>;
export const DeleteClassDocument = new TypedDocumentString("mutation DeleteClass($input: DeleteInput!) { deleteClass(input: $input) { deletedId userErrors { code field message } } }", {"hash":"sha256:178848b4f367ec199ef9b5e7b61b9a69cab6cfff5db35374d0d6fd0dea2e0357"}) as unknown as TypedDocumentString<DeleteClassMutation, DeleteClassMutationVariables>;
export const DeleteStudentDocument = new TypedDocumentString("mutation DeleteStudent($input: DeleteInput!) { deleteStudent(input: $input) { deletedId userErrors { code field message } } }", {"hash":"sha256:b0d51af0d5d86199869c941dd4e19f48914e9f1a4e396c316023430c7d3e58df"}) as unknown as TypedDocumentString<DeleteStudentMutation, DeleteStudentMutationVariables>;
export const TeacherUpdatesDocument = new TypedDocumentString("subscription TeacherUpdates($after: String) { teacherUpdates(after: $after) { at batch { batchId id } class { classId id name } cursor deadline pending student { firstName id lastName studentId } type } }", {"hash":"sha256:4d004e0d0c52629c9e61543c8883840af0a93db991cd4c92ad9b591e0b7679d1"}) as unknown as TypedDocumentString<TeacherUpdatesSubscription, TeacherUpdatesSubscriptionVariables>;
export const UpdateClassDocument = new TypedDocumentString("mutation UpdateClass($input: UpdateClassInput!) { updateClass(input: $input) { class { classId courseCode createdAt id name studentCount updatedAt } userErrors { code field message } } }", {"hash":"sha256:45d6cf75e37dbed8cd04cc258af5726c24bd19b3d264d630f41963d1fb21b868"}) as unknown as TypedDocumentString<UpdateClassMutation, UpdateClassMutationVariables>;
export const UpdateStudentDocument = new TypedDocumentString("mutation UpdateStudent($input: UpdateStudentInput!) { updateStudent(input: $input) { student { classes { courseCode id name } email firstName id lastName legalFullName studentId } userErrors { code field message } } }", {"hash":"sha256:f47eef78123c7482a0e913283a154c37b311a4f39ac004bdbef0f77f83e89b76"}) as unknown as TypedDocumentString<UpdateStudentMutation, UpdateStudentMutationVariables>;
